#include "core/stop_and_wait.h"

#include "core/bits.h"

namespace minitalk {

bool SendBit(Link& link, bool bit) {
  const Signal signal = SignalFor(bit);
  link.Send(signal, Lane::kShared);
  const std::optional<Arrival> echo = link.Wait();
  if (!echo) return false;
  if (*echo == Arrival{signal, Lane::kShared}) return true;
  link.Fail(Status::kGarbled);
  return false;
}

std::optional<bool> ReceiveBit(Link& link) {
  const std::optional<Arrival> arrival = link.Wait();
  if (!arrival) return std::nullopt;
  if (arrival->lane != Lane::kShared) {
    link.Fail(Status::kGarbled);
    return std::nullopt;
  }
  link.Send(arrival->signal, Lane::kShared);
  return BitOf(arrival->signal);
}

bool SendBytes(Link& link, std::span<const std::byte> bytes) {
  for (std::size_t i = 0; i < BitCount(bytes); ++i) {
    if (!SendBit(link, GetBit(bytes, i))) return false;
  }
  return link.ok();
}

bool ReceiveBytes(Link& link, std::span<std::byte> bytes) {
  for (std::size_t i = 0; i < BitCount(bytes); ++i) {
    const std::optional<bool> bit = ReceiveBit(link);
    if (!bit) return false;
    SetBit(bytes, i, *bit);
  }
  return link.ok();
}

}  // namespace minitalk

#include "core/wire/stop_and_wait.h"

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

bool SendBits(Link& link, Bits bits) {
  for (std::size_t i = 0; i < bits.size(); ++i) {
    if (!SendBit(link, bits[i])) return false;
  }
  return link.ok();
}

bool SendBytes(Link& link, std::span<const std::byte> bytes) { return SendBits(link, bytes); }

std::size_t ReceiveBits(Link& link, MutableBits bits) {
  for (std::size_t i = 0; i < bits.size(); ++i) {
    const std::optional<bool> bit = ReceiveBit(link);
    if (!bit) return i;
    bits.Set(i, *bit);
  }
  return bits.size();
}

bool ReceiveBytes(Link& link, std::span<std::byte> bytes) {
  return ReceiveBits(link, bytes) == BitCount(bytes) && link.ok();
}

}  // namespace minitalk

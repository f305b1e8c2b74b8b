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

std::optional<Signal> SendRounds(Link& link, Bits bits) {
  const std::size_t count = bits.size();
  const auto bit = [&](std::size_t i) { return i < count && bits[i]; };
  Signal answer = Signal::kUsr1;
  for (std::size_t i = 0; i < count && answer == Signal::kUsr1; i += kBitsPerRound) {
    if (bit(i)) link.Send(Signal::kUsr1, Lane::kPrivate);
    if (bit(i + 1)) link.Send(Signal::kUsr2, Lane::kPrivate);
    link.Send(SignalFor(bit(i + 2)), Lane::kShared);
    const auto arrival = link.Wait();
    if (!arrival) return std::nullopt;
    if (arrival->lane != Lane::kShared) link.Fail(Status::kGarbled);
    answer = arrival->signal;
  }
  return link.ok() ? std::optional(answer) : std::nullopt;
}

std::optional<unsigned> RoundReader::NextRound() {
  if (unanswered_) Answer(Signal::kUsr1);
  unsigned round = 0;
  auto arrival = link_.Wait();
  for (; arrival && arrival->lane == Lane::kPrivate; arrival = link_.Wait()) {
    round |= arrival->signal == Signal::kUsr1 ? 4 : 2;
  }
  if (!arrival) return std::nullopt;
  unanswered_ = true;
  round |= BitOf(arrival->signal) ? 1 : 0;
  bits_ = bits_ << kBitsPerRound | round;
  count_ += kBitsPerRound;
  return round;
}

std::optional<std::byte> RoundReader::NextByte() {
  while (count_ < kBitsPerByte) {
    if (!NextRound()) return std::nullopt;
  }
  count_ -= kBitsPerByte;
  return static_cast<std::byte>(bits_ >> count_);
}

void RoundReader::Answer(Signal signal) {
  unanswered_ = false;
  link_.Send(signal, Lane::kShared);
}

}  // namespace minitalk

#include "protocols/classic/codec.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

namespace minitalk::classic {
namespace {

std::size_t HeaderBytes(Framing framing) {
  switch (framing) {
    case Framing::kNul:
      return 0;
    case Framing::kLength32:
      return 4;
    case Framing::kLength64:
      return 8;
  }
  return 0;
}

// Which bit of the byte is sent as its `index`th.
std::byte Mask(Order order, std::size_t index) {
  return std::byte{1} << (order == Order::kMsb ? kBitsPerByte - 1 - index : index);
}

// By how much the header's `index`th byte is shifted in the number.
std::size_t Shift(Order order, std::size_t index, std::size_t header_bytes) {
  return kBitsPerByte * (order == Order::kMsb ? header_bytes - 1 - index : index);
}

}  // namespace

std::optional<std::string> WhyNot(const Format& format, std::span<const std::byte> message) {
  const bool has_zero = std::find(message.begin(), message.end(), std::byte{0}) != message.end();
  if (format.framing == Framing::kNul && has_zero) {
    return "the message contains a zero byte, which would end it; use len32 if the server does";
  }
  const bool fits = message.size() <= std::numeric_limits<std::uint32_t>::max();
  if (format.framing == Framing::kLength32 && !fits) return "the message is too long for len32";
  return std::nullopt;
}

Encoder::Encoder(const Format& format, std::span<const std::byte> message)
    : format_(format),
      message_(message),
      header_bytes_(HeaderBytes(format.framing)),
      trailer_bytes_(format.framing == Framing::kNul ? 1 : 0) {
  assert(!WhyNot(format, message));
  for (std::size_t i = 0; i < header_bytes_; ++i) {
    header_[i] = static_cast<std::byte>(message.size() >> Shift(format.order, i, header_bytes_));
  }
}

std::byte Encoder::ByteAt(std::size_t index) const {
  if (index < header_bytes_) return header_[index];
  index -= header_bytes_;
  return index < message_.size() ? message_[index] : std::byte{0};
}

Signal Encoder::operator[](std::size_t bit) const {
  assert(bit < size());
  const bool one =
      (ByteAt(bit / kBitsPerByte) & Mask(format_.order, bit % kBitsPerByte)) != std::byte{0};
  return one ? Opposite(format_.zero) : format_.zero;
}

Decoder::Decoder(const Format& format, std::uint64_t max_bytes)
    : format_(format), max_bytes_(max_bytes), header_bytes_(HeaderBytes(format.framing)) {}

Step Decoder::Take(Signal signal) {
  if (too_long_) return Step::kTooLong;
  if (finished_) {
    message_.clear();
    finished_ = false;
  }
  if (signal != format_.zero) byte_ |= Mask(format_.order, bits_ % kBitsPerByte);
  if (++bits_ % kBitsPerByte != 0) return Step::kBit;
  const std::byte byte = std::exchange(byte_, std::byte{0});
  const Step step = bits_ / kBitsPerByte <= header_bytes_ ? TakeHeaderByte(byte) : TakeByte(byte);
  too_long_ = step == Step::kTooLong;
  return step;
}

Step Decoder::TakeHeaderByte(std::byte byte) {
  const auto index = static_cast<std::size_t>(bits_ / kBitsPerByte - 1);
  length_ |= std::to_integer<std::uint64_t>(byte) << Shift(format_.order, index, header_bytes_);
  if (index + 1 < header_bytes_) return Step::kByte;
  if (length_ > max_bytes_) return Step::kTooLong;
  return length_ == 0 ? Finish() : Step::kByte;
}

Step Decoder::TakeByte(std::byte byte) {
  if (format_.framing == Framing::kNul) {
    if (byte == std::byte{0}) return Finish();
    if (message_.size() == max_bytes_) return Step::kTooLong;
  }
  message_.push_back(byte);
  const bool whole = format_.framing != Framing::kNul && message_.size() == length_;
  return whole ? Finish() : Step::kByte;
}

Step Decoder::Finish() {
  bits_ = 0;
  length_ = 0;
  finished_ = true;
  return Step::kMessage;
}

std::optional<Signal> AnswerTo(const Format& format, Step step) {
  if (step == Step::kTooLong) return std::nullopt;
  if (step == Step::kMessage && format.end) return format.end;
  const bool due = format.ack == Ack::kBit || (format.ack == Ack::kByte && step != Step::kBit);
  return due ? std::optional(format.ack_signal) : std::nullopt;
}

}  // namespace minitalk::classic

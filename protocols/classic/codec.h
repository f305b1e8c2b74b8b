// Messages to signals and back, in a classic format. Pure: no system call, no clock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/wire/bits.h"
#include "protocols/classic/format.h"

namespace minitalk::classic {

// Why a format cannot carry a message, and what to do about it. Nothing: it can.
std::optional<std::string> WhyNot(const Format& format, std::span<const std::byte> message);

// A message as the signals that carry it. The message must outlive it.
class Encoder {
 public:
  // REQUIRES: WhyNot() has no objection.
  Encoder(const Format& format, std::span<const std::byte> message);

  std::size_t size() const {
    return kBitsPerByte * (header_bytes_ + message_.size() + trailer_bytes_);
  }
  Signal operator[](std::size_t bit) const;  // REQUIRES: bit < size().

 private:
  std::byte ByteAt(std::size_t index) const;

  Format format_;
  std::span<const std::byte> message_;
  std::array<std::byte, 8> header_ = {};
  std::size_t header_bytes_;
  std::size_t trailer_bytes_;
};

// What a received bit completes.
enum class Step : std::uint8_t {
  kBit,      // nothing yet
  kByte,     // a byte, of a header or of a message
  kMessage,  // a message
  kTooLong,  // nothing any more: the message is, or says it is, longer than allowed
};

// The inverse. Holds a message's bytes as they come, whatever its header promises.
class Decoder {
 public:
  Decoder(const Format& format, std::uint64_t max_bytes);

  // After kTooLong it stays at that.
  Step Take(Signal signal);

  // True between two messages.
  bool AtRest() const { return bits_ == 0 && !too_long_; }

  // The message of the last kMessage.
  const std::vector<std::byte>& message() const { return message_; }

 private:
  Step TakeByte(std::byte byte);
  Step TakeHeaderByte(std::byte byte);
  Step Finish();

  Format format_;
  std::uint64_t max_bytes_;
  std::size_t header_bytes_;
  std::vector<std::byte> message_;
  std::uint64_t length_ = 0;  // from the header
  std::uint64_t bits_ = 0;    // of this message, with its framing
  std::byte byte_ = {};
  bool finished_ = false;  // message_ is the last one, not the one that is coming
  bool too_long_ = false;
};

// What the receiver sends for a bit that made this step; nothing: it keeps silent.
std::optional<Signal> AnswerTo(const Format& format, Step step);

}  // namespace minitalk::classic

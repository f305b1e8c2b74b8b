// Messages to signals and back, in a classic format. Pure: no system call, no clock.
#pragma once

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

// What a signal completes, as its receiver sees it.
enum class Step : std::uint8_t {
  kBit,       // nothing yet
  kByte,      // a byte, of the text or of another field
  kMessage,   // a message
  kGreeting,  // what precedes the first bit
  kTooLong,   // nothing any more: the message is, or says it is, longer than allowed
  kBad,       // nothing any more: it cannot be of this format
};

// A message as the signals that carry it. The message must outlive it.
class Encoder {
 public:
  struct Item {
    Signal signal;
    Step step;
  };

  // `pid`: of this client. REQUIRES: WhyNot() has no objection.
  Encoder(const Format& format, std::span<const std::byte> message, std::uint64_t pid = 0);

  std::size_t size() const { return before_.size() + message_.size() * per_byte_ + after_.size(); }
  Item At(std::size_t index) const;  // REQUIRES: index < size().
  Signal operator[](std::size_t index) const { return At(index).signal; }

 private:
  Item InByte(std::byte byte, std::size_t index) const;
  void Put(const Field& field, std::uint64_t pid, std::vector<Item>* items) const;

  Format format_;
  std::span<const std::byte> message_;
  std::size_t per_byte_;  // signals
  std::vector<Item> before_;
  std::vector<Item> after_;  // the text
};

// The inverse. Holds a message's bytes as they come, whatever its header promises.
class Decoder {
 public:
  // `pid`: of the client, to check a pid in its messages; 0: not known.
  Decoder(const Format& format, std::uint64_t max_bytes, std::uint64_t pid = 0);

  // After kTooLong and kBad it stays at that.
  Step Take(Signal signal);

  // The client is silent: true if that ends a message.
  bool EndsHere();

  // True between two messages.
  bool AtRest() const { return signals_ == 0; }

  // The last message that has ended.
  const std::vector<std::byte>& message() const { return message_; }

 private:
  Step Follow(Signal signal);
  Step TakeByte(std::byte byte);
  Step TakeNumberByte(const Field& field, std::byte byte);
  Step TakeTextByte(std::byte byte);
  Step EndNumber(const Field& field);
  Step EndField();
  Step Finish();
  bool ChecksOut() const;

  Format format_;
  std::uint64_t max_bytes_;
  std::uint64_t pid_;
  std::vector<std::byte> message_;
  std::uint64_t signals_ = 0;  // of this message
  std::size_t field_ = 0;      // of the layout
  std::uint64_t number_ = 0;   // of this field, as far as it came
  std::size_t bytes_ = 0;      // of this field
  std::optional<std::uint64_t> length_;
  std::optional<std::uint64_t> check_;  // as it was sent
  std::byte byte_ = {};
  std::size_t bits_ = 0;   // of byte_
  bool finished_ = false;  // message_ is the last one, not the one that is coming
  std::optional<Step> failed_;
};

// What the receiver sends for a signal that made this step; nothing: it keeps silent.
std::optional<Signal> AnswerTo(const Format& format, Step step);

}  // namespace minitalk::classic

// The wire formats in which third-party exercise programs speak with two signals: the words of
// `--classic`, read and written.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/wire/signal.h"

namespace minitalk::classic {

// Which bit of a byte (and of a length) goes first.
enum class Order : std::uint8_t { kMsb, kLsb };

// How the end of a message is known: by a byte of zeros after it, or by its length in bytes, a
// binary number of 32 or 64 bits in the same order, before it.
enum class Framing : std::uint8_t { kNul, kLength32, kLength64 };

// After what the receiver answers.
enum class Ack : std::uint8_t { kBit, kByte, kNone };

// The first of each is the default: the most usual.
struct Format {
  Order order = Order::kMsb;
  Signal zero = Signal::kUsr1;  // the signal that is a 0; the other is a 1
  Framing framing = Framing::kNul;
  Ack ack = Ack::kBit;
  Signal ack_signal = Signal::kUsr1;         // with kNone: without meaning
  std::optional<Signal> end = std::nullopt;  // answers a message's last bit in place of the ack
  std::chrono::microseconds pause{100};      // of a sender after a bit that is not answered

  // In words that Parse() reads back to the same; a pause only if it is not the default.
  std::string ToString() const;

  friend bool operator==(const Format&, const Format&) = default;
};

// Words with commas between them, in any order, each group at most once; what is left out is as
// above. Nothing: *error says what is wrong and what to write instead, in one clause.
std::optional<Format> Parse(std::string_view words, std::string* error);

// Words of which one may be given ("msb | lsb"), the default first, and what they mean.
using WordGroup = std::pair<std::string_view, std::string_view>;
std::span<const WordGroup> WordGroups();

// The other of the two signals, and a signal's name as kill(1) and signal(7) have it.
constexpr Signal Opposite(Signal signal) {
  return signal == Signal::kUsr1 ? Signal::kUsr2 : Signal::kUsr1;
}
constexpr std::string_view ToString(Signal signal) {
  return signal == Signal::kUsr1 ? "SIGUSR1" : "SIGUSR2";
}

}  // namespace minitalk::classic

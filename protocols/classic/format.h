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
#include <vector>

#include "core/wire/signal.h"

namespace minitalk::classic {

// Which bit of a byte (and of a length) goes first.
enum class Order : std::uint8_t { kMsb, kLsb };

// A part of a message. Numbers are unsigned; what does not fit is cut to their width.
struct Field {
  enum class Kind : std::uint8_t {
    kText,     // the message's bytes
    kNul,      // a zero byte
    kBit,      // one bit that is always the same
    kSilence,  // nothing: the client is silent, or ends
    kLength,   // of the text in bytes
    kPid,      // of the client
    kSum,      // of the text's bytes
    kXor,      // of the text's bytes
  };
  enum class ByteOrder : std::uint8_t { kAsBits, kLittle, kBig };

  Kind kind = Kind::kText;
  std::uint8_t width = 0;  // of a number in bits, 0: decimal digits and a zero byte; kBit: the bit
  ByteOrder bytes = ByteOrder::kAsBits;
  bool counts_nul = false;  // kLength: the zero byte after the text as well

  friend bool operator==(const Field&, const Field&) = default;
};

// A message as it travels: fields, the text among them once.
using Layout = std::vector<Field>;

// As in Format's words, where the text may be left out. Nothing: it is no layout, or one that would
// not show where its text ends; *error says why.
std::optional<Layout> ParseLayout(std::string_view text, std::string* error);
std::string ToString(const Layout& layout);

// What precedes the first bit, and what it is answered with.
struct Greeting {
  Signal sent = Signal::kUsr1;
  Signal answer = Signal::kUsr1;

  friend bool operator==(const Greeting&, const Greeting&) = default;
};

// After what the receiver answers.
enum class Ack : std::uint8_t { kBit, kByte, kNone };

// The first of each is the default: the most usual.
struct Format {
  Order order = Order::kMsb;
  Signal zero = Signal::kUsr1;  // the signal that is a 0; the other is a 1
  Layout layout = {{.kind = Field::Kind::kText}, {.kind = Field::Kind::kNul}};
  std::optional<Greeting> hello = std::nullopt;
  std::optional<Signal> mark = std::nullopt;  // a further signal after each byte
  Ack ack = Ack::kBit;
  Signal ack_signal = Signal::kUsr1;         // with kNone: without meaning
  std::optional<Signal> end = std::nullopt;  // answers a message's last bit in place of the ack
  bool silent_end = false;                   // nothing answers the last bit
  // Of a sender, before the next bit; not given: kUsualPause after a bit that is not answered.
  std::optional<std::chrono::microseconds> pause = std::nullopt;
  std::chrono::microseconds delay{0};  // of a receiver, before each answer

  static constexpr std::chrono::microseconds kUsualPause{100};

  bool EndsBySilence() const { return layout.back().kind == Field::Kind::kSilence; }

  // In words that Parse() reads back to the same; times only if they are not the default.
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

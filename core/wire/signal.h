// The vocabulary of the wire: two signals, two lanes, four slots.
//
// A Linux thread has two pending sets, its own and its process's, and one pending bit per signal
// number in each. A sender that knows only a pid can therefore fill four independent slots:
// {USR1, USR2} x {shared, private}. See docs/kernel.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace minitalk {

// Which of the two signals. Their kernel numbers (10 and 12) matter: of one set, the lower is
// always taken first.
enum class Signal : std::uint8_t { kUsr1, kUsr2 };

// Which pending set. The private set is emptied before the shared one.
enum class Lane : std::uint8_t {
  kShared,   // the process's set: kill(2), pidfd_send_signal(2)
  kPrivate,  // the main thread's own set: tgkill(2)
};

// What travels beside a signal's number in its siginfo, where a protocol asks for it.
struct Payload {
  enum class Form : std::uint8_t {
    kValue,  // sigqueue(3)'s value: the first kValueBytes bytes, shared lane only; POSIX
    kInfo,   // all bytes that Linux lets pass, and the sequence number
  };
  static constexpr std::size_t kValueBytes = 8;
  static constexpr std::size_t kInfoBytes = 40;

  Form form = Form::kInfo;
  std::uint8_t sequence = 0;  // kInfo only
  std::array<std::byte, kInfoBytes> bytes = {};
};

// One signal that was taken from a slot.
struct Arrival {
  Signal signal;
  Lane lane;
  bool has_payload = false;
  friend bool operator==(const Arrival&, const Arrival&) = default;
};

// The convention of every protocol here: USR1 is 0, USR2 is 1.
constexpr Signal SignalFor(bool bit) { return bit ? Signal::kUsr2 : Signal::kUsr1; }
constexpr bool BitOf(Signal signal) { return signal == Signal::kUsr2; }

}  // namespace minitalk

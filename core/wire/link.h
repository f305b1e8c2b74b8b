// All that a protocol may do to the outside world: send a signal, wait for one, pause, look
// at the clock.
//
// Two worlds implement it, the kernel's (core/os/kernel_link.h) and a simulated one
// (verify/sim_link.h), so that the code that runs is the code that is explored.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/wire/signal.h"
#include "core/wire/status.h"
#include "core/wire/threads.h"

namespace minitalk {

// How an end of a conversation waits for the other's signal. The numbers travel, in the message
// header.
enum class WaitMode : std::uint8_t {
  kAuto,   // spin for a short, bounded time where there is a second CPU, then sleep
  kSpin,   // poll: wants a CPU to itself
  kSleep,  // block in the kernel: two sleepers belong on one CPU
};

// The words of the command lines, and back. Nothing: no such word.
constexpr std::string_view ToString(WaitMode wait) {
  constexpr std::string_view kWords[] = {"auto", "spin", "sleep"};
  return kWords[static_cast<std::size_t>(wait)];
}
constexpr std::optional<WaitMode> ParseWaitMode(std::string_view text) {
  for (const WaitMode wait : {WaitMode::kAuto, WaitMode::kSpin, WaitMode::kSleep}) {
    if (text == ToString(wait)) return wait;
  }
  return std::nullopt;
}

// A conversation between exactly two processes. Not thread-safe: one link, one thread.
class Link {
 public:
  Link() = default;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  virtual ~Link() = default;

  // Sends one signal to the peer. Never blocks. If the slot is still full the signal vanishes and
  // nobody reports it: that is the physics this project is about. Failures are in status().
  // With a payload, which is copied, as much of it goes along as its form says.
  virtual void Send(Signal signal, Lane lane, const Payload* payload) = 0;
  void Send(Signal signal, Lane lane) { Send(signal, lane, nullptr); }

  // The next arrival in kernel order, or nothing once `timeout` is over or the link is dead (see
  // status()). Zero only looks. kUntilTimeout waits as long as the link's own timeout allows. What
  // came along is put into `payload`, if the caller wants it.
  virtual std::optional<Arrival> WaitFor(std::chrono::nanoseconds timeout, Payload* payload) = 0;
  std::optional<Arrival> WaitFor(std::chrono::nanoseconds timeout) {
    return WaitFor(timeout, nullptr);
  }

  // Time since some moment in the past, the same one for both ends; never runs backwards.
  virtual std::chrono::nanoseconds Now() = 0;

  // Lets at least `gap` pass.
  virtual void Pause(std::chrono::nanoseconds gap) = 0;

  // A third kind of lane; null: this link has none. Stays the link's.
  virtual Threads* threads() { return nullptr; }

  static constexpr auto kUntilTimeout = std::chrono::nanoseconds::max();
  std::optional<Arrival> Wait(Payload* payload = nullptr) {
    return WaitFor(kUntilTimeout, payload);
  }

  // Sticky: the first failure stays. Ask once, at the end of a loop.
  Status status() const { return status_; }
  bool ok() const { return status_ == Status::kOk; }
  void Fail(Status status) {
    if (ok()) status_ = status;
  }

 private:
  Status status_ = Status::kOk;
};

}  // namespace minitalk

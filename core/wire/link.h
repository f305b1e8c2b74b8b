// All that a protocol may do to the outside world: send a signal, wait for one, pause, look
// at the clock.
//
// Two worlds implement it, the kernel's (core/os/kernel_link.h) and a simulated one
// (verify/sim_link.h), so that the code that runs is the code that is explored.
#pragma once

#include <chrono>
#include <optional>

#include "core/wire/signal.h"
#include "core/wire/status.h"

namespace minitalk {

// A conversation between exactly two processes. Not thread-safe: one link, one thread.
class Link {
 public:
  Link() = default;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  virtual ~Link() = default;

  // Sends one signal to the peer. Never blocks. If the slot is still full the signal vanishes and
  // nobody is told: that is the physics this project is about. Failures are in status().
  // With a payload, which is copied, as much of it goes along as its form says.
  virtual void Send(Signal signal, Lane lane, const Payload* payload) = 0;
  void Send(Signal signal, Lane lane) { Send(signal, lane, nullptr); }

  // The next arrival in kernel order, or nothing once `patience` is over or the link is dead (see
  // status()). Zero only looks. kUntilLimit waits as long as the link's own limit allows. What came
  // along is put into `payload`, if the caller wants it.
  virtual std::optional<Arrival> WaitFor(std::chrono::nanoseconds patience, Payload* payload) = 0;
  std::optional<Arrival> WaitFor(std::chrono::nanoseconds patience) {
    return WaitFor(patience, nullptr);
  }

  // Time since some moment in the past, the same one for both ends; never runs backwards.
  virtual std::chrono::nanoseconds Now() = 0;

  // Lets at least `gap` pass.
  virtual void Pause(std::chrono::nanoseconds gap) = 0;

  static constexpr auto kUntilLimit = std::chrono::nanoseconds::max();
  std::optional<Arrival> Wait(Payload* payload = nullptr) { return WaitFor(kUntilLimit, payload); }

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

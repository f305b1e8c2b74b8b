// The link over the simulated world: what core/os/kernel_link does with Linux's answers, done with
// the model's.
#pragma once

#include "core/wire/link.h"
#include "verify/process.h"

namespace minitalk::verify {

// What a process that uses signal handlers can do beside: pause(2). Only planted bugs want that.
class HandlerPause {
 public:
  virtual ~HandlerPause() = default;
  // Sleeps until a handler has run since it began.
  virtual void PauseForHandler() = 0;
};

// A conversation between two processes of one world. Lives inside the process's own fibre.
class SimLink final : public Link, public HandlerPause {
 public:
  // What a link checks, and most exercises forget to.
  struct Checks {
    bool check_sender = true;       // false: takes anybody's signals for its peer's
    bool retry_interrupted = true;  // false: takes EINTR for "nothing came"
  };

  SimLink(Process& self, Pid peer, Checks checks = Checks{true, true})
      : self_(self), peer_(peer), checks_(checks) {}

  using Link::Send;
  using Link::WaitFor;
  void Send(Signal signal, Lane lane, const Payload* payload) override;
  std::optional<Arrival> WaitFor(std::chrono::nanoseconds timeout, Payload* payload) override;
  std::chrono::nanoseconds Now() override { return self_.Now(); }
  void Pause(std::chrono::nanoseconds gap) override { self_.Pause(gap); }
  void PauseForHandler() override { self_.PauseForHandler(); }

 private:
  std::optional<Arrival> Recognize(const Pending& pending, Payload* payload) const;

  Process& self_;
  Pid peer_;
  Checks checks_;
};

}  // namespace minitalk::verify

// The link over the simulated world: what core/os/kernel_link does with Linux's answers, done with
// the model's.
#pragma once

#include "core/wire/link.h"
#include "verify/world.h"

namespace minitalk::verify {

// What a process that uses signal handlers can do beside: pause(2). Only planted bugs want that.
class HandlerPause {
 public:
  virtual ~HandlerPause() = default;
  // Sleeps until a handler has run since it began.
  virtual void PauseForHandler() = 0;
};

// A conversation between two processes of one world. Lives inside the process' own fibre.
class SimLink final : public Link, public HandlerPause {
 public:
  // What the usual exercises forget.
  struct Care {
    bool check_sender = true;       // false: takes anybody's signals for its peer's
    bool retry_interrupted = true;  // false: takes EINTR for "nothing came"
  };

  SimLink(World& world, Pid self, Pid peer, Care care = Care{true, true})
      : world_(world), self_(self), peer_(peer), care_(care) {}

  using Link::Send;
  using Link::WaitFor;
  void Send(Signal signal, Lane lane, const Payload* payload) override;
  std::optional<Arrival> WaitFor(std::chrono::nanoseconds patience, Payload* payload) override;
  std::chrono::nanoseconds Now() override { return world_.Now(self_); }
  void Pause(std::chrono::nanoseconds gap) override { world_.Pause(self_, gap); }
  void PauseForHandler() override { world_.PauseForHandler(self_); }

 private:
  std::optional<Arrival> Recognize(const Pending& pending, Payload* payload) const;

  World& world_;
  Pid self_;
  Pid peer_;
  Care care_;
};

}  // namespace minitalk::verify

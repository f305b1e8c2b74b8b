// The link over the simulated world: what core/os/kernel_link does with Linux's answers, done with
// the model's.
#pragma once

#include "core/wire/link.h"
#include "verify/process.h"
#include "verify/sim_threads.h"

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
  // `checks_sender`: false takes anybody's signals for its peer's, as most exercises do. Without a
  // world it has no threads of its own.
  SimLink(Process& self, Pid peer, bool checks_sender = true, World* world = nullptr,
          SimThreads::Setup threads = {8, true})
      : self_(self),
        peer_(peer),
        checks_sender_(checks_sender),
        threads_(*this, world, self, peer, checks_sender, threads) {}

  using Link::Send;
  using Link::WaitFor;
  void Send(Signal signal, Lane lane, const Payload* payload) override;
  std::optional<Arrival> WaitFor(std::chrono::nanoseconds timeout, Payload* payload) override;
  std::chrono::nanoseconds Now() override { return self_.Now(); }
  void Pause(std::chrono::nanoseconds gap) override { self_.Pause(gap); }
  Threads* threads() override { return &threads_; }
  void PauseForHandler() override { self_.PauseForHandler(); }

 private:
  std::optional<Arrival> Recognize(const Pending& pending, Payload* payload) const;

  Process& self_;
  Pid peer_;
  bool checks_sender_;
  SimThreads threads_;
};

}  // namespace minitalk::verify

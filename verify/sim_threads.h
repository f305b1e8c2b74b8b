// The threads of a simulated process: fibres of their own, with pending sets of their own, that
// share its memory and end with it. What core/os/kernel_threads does with real ones.
#pragma once

#include <memory>
#include <span>

#include "core/wire/link.h"
#include "core/wire/threads.h"
#include "verify/world.h"

namespace minitalk::verify {

// Lives as long as its link. A thread takes a signal and lets the Taker see it in two steps, and
// answers in a third, so whatever other threads and processes do may come in between. Starting and
// stopping all of them is one step: when none of them takes anything has no say in what is taken.
class SimThreads final : public Threads {
 public:
  // What the system grants.
  struct Setup {
    std::size_t most = 8;
    bool apart = true;
  };

  // `world`: where they are made; null: none ever are.
  SimThreads(Link& link, World* world, Process& self, Pid peer, bool check_sender, Setup setup);
  ~SimThreads() override;

  void Send(ThreadId thread, Signal signal) override;
  std::span<const ThreadId> Make(std::size_t count) override;
  void Serve(std::size_t count, Taker& taker) override;
  bool apart() const override { return setup_.apart; }

 private:
  struct Run;

  void Add();

  Link& link_;
  World* world_;
  Process& self_;
  Pid peer_;
  bool check_sender_;
  Setup setup_;
  std::vector<ThreadId> ids_;
  std::shared_ptr<Run> run_;  // the threads' own: they may outlive the link
};

}  // namespace minitalk::verify

// Makes worlds of a pair: both programs where the first choice is, made as cheaply as possible.
#pragma once

#include <memory>
#include <string>

#include "pairs/explore/world.h"
#include "pairs/manifest.h"

namespace minitalk::explore {

// What is explored.
struct Subject {
  ThirdPartyPair pair;  // without a client: a program alone, which strangers signal
  std::string message;
  Rules rules;

  bool alone() const { return pair.client.empty(); }
};

// Starts both programs once, lets each run to where others could notice it, and copies them from
// there (fork) as often as wanted; where that would not be the same, starts them anew each time.
// REQUIRES: as Tracee::Wait. Throws CannotExplore, Interrupted.
class Stage {
 public:
  explicit Stage(Subject subject);

  // The server stands before the call by which it prints its pid, or sleeps; the client stands
  // before the first call that others can notice.
  std::unique_ptr<World> NewWorld();
  const Subject& subject() const { return subject_; }
  // Whether worlds are copies.
  bool copies() const { return copies_; }

 private:
  std::unique_ptr<World> StartWorld();
  void SetCallers(World& world);

  Subject subject_;
  TerminalEnds terminal_;
  std::unique_ptr<World> base_;
  std::vector<std::shared_ptr<Callers>> callers_;  // of the server, of the client
  bool copies_ = false;
};

}  // namespace minitalk::explore

// Forked processes of the runner's own: what they share, two that begin together, and that each of
// them ends.
#pragma once

#include <chrono>
#include <functional>

#include "bench/side.h"
#include "core/os/child.h"
#include "core/os/fd.h"
#include "core/os/shared_memory.h"

namespace minitalk {

// A Shared that forks have in common, its barrier ready. Throws std::system_error.
class SharedPage : public SharedMemory<Shared> {
 public:
  SharedPage();
};

// Holds forks back until somebody opens it, or dies.
class Gate {
 public:
  Gate();
  void Open() { write_ = Fd(); }
  void Pass();

 private:
  Fd read_;
  Fd write_;
};

// The two sides of a trial, in processes of their own. `side` runs in each, with signals prepared
// and both pids in `shared`, where its status goes. Keeps references to both.
class Pair {
 public:
  Pair(SharedPage& shared, const std::function<Status(bool sends)>& side);
  // Lets them begin; blocks until both have ended. They are ended by force when the sender takes
  // longer than `limit`.
  void Run(std::chrono::milliseconds limit);

 private:
  int RunSide(bool sends);

  SharedPage& shared_;
  const std::function<Status(bool sends)>& side_;
  Gate gate_;
  ChildProcess receiver_;
  ChildProcess sender_;
};

}  // namespace minitalk

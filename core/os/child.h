// Child processes of our own code: forked, tied to their parent, reaped.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <optional>

#include "core/os/process.h"

namespace minitalk {

// Forks a process that runs `body` and ends with the exit code that it returns, or with EX_OSERR
// where it throws, after a line on standard error. When the parent dies, however it does, the
// kernel sends the child `death_signal`; 0: it outlives the parent. Returns the pid, or -1 with
// errno. The child runs no destructors of the parent's objects and flushes none of its streams.
pid_t Fork(const std::function<int()>& body, int death_signal = SIGKILL);

// Of a process that this one forked or traces and has not reaped, so that its pid is still its own:
// sends it a signal. / Kills and reaps it; stops that it reports on the way are taken.
void SignalUnreaped(pid_t child, int signal);
void KillAndReap(pid_t child);

// Such a process that is killed, unless it has ended, and reaped with this object. Nobody else may
// wait for it.
class ChildProcess {
 public:
  // Throws std::system_error if the machine refuses.
  explicit ChildProcess(const std::function<int()>& body, int death_signal = SIGKILL);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  // Waits up to `timeout`, or until a signal is handled. True: it has ended.
  bool AwaitEnd(std::chrono::milliseconds timeout) const { return process_->AwaitEnd(timeout); }
  // Its exit code, or 128 + the signal that killed it. Nothing: it runs.
  std::optional<int> ExitCode();

 private:
  pid_t pid_;
  std::optional<Process> process_;
  std::optional<int> code_;
};

}  // namespace minitalk

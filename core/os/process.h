// Another process, held so that it cannot be mistaken for a later one.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <utility>

#include "core/os/fd.h"
#include "core/wire/status.h"

namespace minitalk {

// A process held by a pidfd: signals sent through it can never reach another that inherits the
// pid. Movable; owns the descriptor.
class Process {
 public:
  // kNoProcess, or kSystemFailed where the kernel has no pidfd (before Linux 5.3).
  static Status Open(pid_t pid, std::optional<Process>* process);

  pid_t pid() const { return pid_; }
  // For poll(2), readable once it has exited. Stays ours.
  int pidfd() const { return fd_.get(); }
  // False once it has exited; a zombie counts as dead.
  bool Alive() const;
  // kOk, kPeerDied, kNotPermitted or kSystemFailed. 0 only asks whether it would be allowed. With
  // `info` that goes along in place of the kernel's own; the kernel demands a negative si_code.
  Status Send(int signal, const siginfo_t* info = nullptr) const;
  // The same to the private set of its main thread, whose id is the process's. This goes by the
  // pid, which is the process's for as long as it is not reaped.
  Status SendPrivately(int signal, const siginfo_t* info = nullptr) const;
  // The same to one of its threads; kPeerDied also if it has none of that id.
  Status SendToThread(pid_t thread, int signal) const;

  // Waits up to `timeout` for its end, or until a signal is handled. True: it is dead.
  bool AwaitEnd(std::chrono::milliseconds timeout) const;

 private:
  Process(pid_t pid, Fd fd) : pid_(pid), fd_(std::move(fd)) {}
  pid_t pid_;
  Fd fd_;
};

}  // namespace minitalk

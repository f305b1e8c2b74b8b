// The process that holds a third-party pair: a fork of its own, so that all that is started has one
// ancestor that adopts what they leave behind, and that takes no notice of Ctrl-C but clears up
// when told, or when whoever wanted it dies.
#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "core/os/child.h"
#include "core/os/fd.h"

namespace minitalk {

// Runs `body` in that process, which ends with what it returns; nothing that it started outlives
// it, however it ends. Throws std::system_error if there is none.
class Supervisor {
 public:
  // `body` gets a descriptor that hangs up when it has to end; Abandoned is the way to do so.
  explicit Supervisor(const std::function<int(int hang_up)>& body);
  // Lets it clear up, and kills it if that takes more than three seconds.
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // True: it has ended by itself.
  bool AwaitEnd(std::chrono::milliseconds timeout) const { return child_->AwaitEnd(timeout); }
  // As ChildProcess has it.
  std::optional<int> ExitCode() { return child_->ExitCode(); }

 private:
  Fd stop_pipe_;  // which it sees being closed
  std::optional<ChildProcess> child_;
};

// Makes the next fork the first process of a pid namespace, with a user namespace where that is
// needed, so that nobody outside can be signalled from it. Throws std::system_error where the
// system forbids it.
void EnterSandbox();
// In that process: /proc shows the namespace. Throws std::system_error.
void MountProc();

}  // namespace minitalk

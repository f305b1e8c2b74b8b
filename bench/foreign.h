// Programs that are not ours: started as a user would, held, and ended whatever they do.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/os/process.h"

namespace minitalk {

// What is started, and where. The descriptors are borrowed.
struct Launch {
  std::vector<std::string> command;  // the first word is looked for on PATH unless it has a slash
  std::filesystem::path directory;   // where it runs
  std::optional<int> cpu;            // the only one it may use
  int output = -1;                   // what its stdout becomes; -1: /dev/null
  int errors = -1;                   // the same for stderr
};

// How it ended, and what it used.
struct Ending {
  int status = 0;     // as wait(2) tells it
  double cpu_ns = 0;  // user and system time of its whole life
  bool Succeeded() const { return status == 0; }
  // "ended with exit status 3", "died of SIGSEGV".
  std::string Words() const;
};

// A process in a session, and so a process group, of its own: some programs signal pid 0. Dies with
// its parent. Throws std::system_error if it cannot be started, be it that there is no such
// program.
class ForeignProgram {
 public:
  explicit ForeignProgram(const Launch& launch);
  ~ForeignProgram();
  ForeignProgram(const ForeignProgram&) = delete;
  ForeignProgram& operator=(const ForeignProgram&) = delete;

  // Nobody else's until End().
  pid_t pid() const { return pid_; }
  int pidfd() const { return process_->pidfd(); }
  bool Ended() const { return !process_->Alive(); }
  bool AwaitEnd(std::chrono::milliseconds patience) const { return process_->AwaitEnd(patience); }
  // User and system time until now.
  double CpuNs() const;
  // Whether it runs or would, if it were let.
  bool Runs() const;
  // Kills it if it still runs, reaps it and says how it ended. Once.
  Ending End();

 private:
  pid_t pid_;
  std::optional<Process> process_;
};

// Kills and reaps all that is left below this process, which adopts what its children leave behind
// by prctl(PR_SET_CHILD_SUBREAPER). Gives up after a second.
void EndDescendants();

}  // namespace minitalk

// A program that was not written here, started as a user would start it, watched, and ended
// whatever it does.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/os/fd.h"
#include "core/os/process.h"
#include "pairs/processes.h"

namespace minitalk {

// Whoever wanted all this has gone or wants no more.
struct Abandoned {};

// What is started, and where.
struct Launch {
  std::vector<std::string> command;  // the first word is looked for on PATH unless it has a slash
  std::filesystem::path directory;   // where it runs
  std::optional<int> cpu = {};       // the only one it may use
  // A process group of our session to join, 0 for one of its own. Nothing: a session of its own,
  // for some programs signal pid 0.
  std::optional<pid_t> group = {};
};

// Both ends of a terminal of its own, in raw mode, so that bytes pass unchanged.
struct TerminalEnds {
  Fd master;
  Fd slave;
};
TerminalEnds OpenTerminal();

// In a forked child: becomes the program, on that terminal. Returns only if something failed, with
// errno. Allocates nothing. REQUIRES: `words` are the command's, and a null.
void Become(const Launch& launch, char* const* words, int terminal);

// A process whose stdout and stderr are a terminal of its own, where stdio writes at each newline
// (into a pipe only when its buffer is full); in raw mode, so that bytes pass unchanged. It dies
// with this process. Not thread-safe. Throws std::system_error if it cannot be started, be it that
// there is no such program.
class SupervisedProgram {
 public:
  explicit SupervisedProgram(const Launch& launch);
  ~SupervisedProgram() { End(); }
  SupervisedProgram(const SupervisedProgram&) = delete;
  SupervisedProgram& operator=(const SupervisedProgram&) = delete;

  // Takes what it has written, and its exit status once it has ended.
  void Update();
  // Kills it if it still runs, and what is left of its session. May be called again.
  void End();
  // To this process alone, while it runs.
  void Signal(int number) const;

  pid_t pid() const { return pid_; }
  bool running() const { return !status_; }
  // As in Python's subprocess: -N for a death by signal N.
  std::optional<int> status() const { return status_; }
  Clock::time_point start() const { return start_; }
  Clock::time_point end() const { return end_; }
  // User and system time until now.
  double CpuNs() const;
  // All that it wrote, but no more than 64 MiB, which nobody can have meant.
  const std::string& output() const { return output_; }
  bool overflowed() const;
  // For poll(2); -1 once nothing can come any more.
  int terminal() const { return status_ ? -1 : terminal_.get(); }
  int pidfd() const { return status_ || !process_ ? -1 : process_->pidfd(); }

 private:
  void Reap();
  void Read();

  Fd terminal_;
  Clock::time_point start_;
  Clock::time_point end_;
  pid_t pid_ = -1;
  bool own_session_;
  std::optional<Process> process_;
  std::optional<int> status_;
  bool ended_ = false;
  double cpu_ns_ = 0;
  std::string output_;
};

// Sleeps until one of them writes or ends, or `input` can be read, at most `timeout`; then updates
// them all. True: `input` can be read. Throws Abandoned once one of the descriptors `hang_ups`
// hangs up or has an error.
bool AwaitNews(const std::vector<SupervisedProgram*>& programs, const std::vector<int>& hang_ups,
               Clock::duration timeout, int input = -1);

// "ended with exit status 3", "died of SIGSEGV".
std::string DescribeStatus(int status);

}  // namespace minitalk

// What /proc tells about the processes of a third-party pair from outside: whether they do
// anything, what they wait in, what they use. And the end of those that became our children.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace minitalk {

// The clock of the whole folder.
using Clock = std::chrono::steady_clock;

// What the living processes of a session have used until now.
struct SessionUse {
  std::uint64_t activity = 0;  // grows whenever one of them runs; mostly ns of CPU time
  double cpu_seconds = 0;
  std::size_t resident_bytes = 0;
};
SessionUse MeasureSession(pid_t session);

// For how long processes and their sessions have not run at all. Asked again and again, it looks
// four times a second: what takes less is not disturbed.
class Stillness {
 public:
  explicit Stillness(std::vector<pid_t> leaders) : leaders_(std::move(leaders)) {}
  Clock::duration For();

 private:
  bool Moved();

  std::vector<pid_t> leaders_;
  Clock::time_point looked_ = Clock::now();
  Clock::time_point moved_ = looked_;
  std::uint64_t leaders_activity_ = 0;
  std::optional<std::uint64_t> sessions_activity_;
};

// The system call that a process sleeps in, in a word; nothing where it cannot be known.
std::optional<std::string> SleepsIn(pid_t pid);

// Whether it sleeps until a time that it has set itself, in nanosleep() or with a timeout.
bool SleepsForATime(pid_t pid);

// Whether it has handlers for, or blocks and so waits synchronously for, SIGUSR1 or SIGUSR2.
bool TakesSignals(pid_t pid);

// The process that a tracer (strace) has started, or the tracer itself until it has.
pid_t TracedBy(pid_t tracer);

// Kills and reaps our children: all of them, or those of one session. As this process is a
// subreaper (PR_SET_CHILD_SUBREAPER), what they leave behind becomes our child and is ended, too.
// An unreaped child's pid is its own, so nobody else can be hit. Gives up after a second.
void EndChildren(std::optional<pid_t> session = std::nullopt);

}  // namespace minitalk

// A process under exploration: where it stands, what it waits for, what signals would do to it. A
// value, which a new run copies from the common beginning.
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pairs/explore/callers.h"
#include "pairs/explore/tracee.h"

namespace minitalk::explore {

// Of the world's own clock, which moves only where the explorer moves it.
using VirtualTime = std::chrono::nanoseconds;

// What the clocks show at its beginning: a whole number of these, whichever clock it is.
inline constexpr VirtualTime kEpoch = std::chrono::hours(24);

// Sets of signals as the kernel has them: bit n - 1 is signal n.
using SignalSet = std::uint64_t;
constexpr SignalSet Bit(int signal) { return SignalSet{1} << (signal - 1); }

// What a program has asked to happen at a signal.
struct Action {
  std::uint64_t handler = 0;  // an address; 0: the default; 1: ignore
  std::uint64_t flags = 0;
};

// What ends the call that a process is about to make.
struct Waiting {
  bool sleeps = false;                       // it may not return at once
  bool yields = false;                       // others are to run first
  bool ready = false;                        // something other than signal and time ends it now
  SignalSet mask = 0;                        // blocked while it sleeps
  SignalSet takes = 0;                       // taken without a handler
  std::optional<VirtualTime> deadline = {};  // when it ends by itself
  VirtualTime length = {};                   // of the pause that was asked for
};

// An alarm clock of a process, which sends a signal.
struct Timer {
  int signal = 0;
  std::optional<VirtualTime> deadline = {};
  VirtualTime interval = {};
};

// Where a process stands between two steps.
enum class At : std::uint8_t {
  kCall,      // before a system call
  kUser,      // before its next instruction: a call has ended, or it is new
  kSpinning,  // in a loop without system calls
  kGone,
};

// A process or a program's child, with what the explorer knows of it.
struct Process {
  Tracee tracee;
  pid_t pid = 0;  // as the programs see it
  pid_t parent = 0;
  std::string name;
  std::size_t started = 0;  // the program that it belongs to: its own index, or an ancestor's
  At at = At::kUser;
  Registers entry = {};  // at kCall and within that call
  Call call = Call::k_pause;
  Waiting waiting = {};
  std::array<Action, 65> actions = {};
  std::map<int, Timer> timers = {};               // by the id that the program knows; -1: alarm()
  std::map<int, pid_t> pidfds = {};               // whose they are, by descriptor
  std::shared_ptr<Callers> callers = {};          // null: not asked
  std::vector<Callers::Unsafe> interrupted = {};  // by handlers that run, the innermost last
  std::uint64_t history = 0;                      // of all that it was told, as a hash
  std::uint64_t random = 0;                       // numbers drawn
  std::string output = {};                        // on its terminal, of its children as well
  std::optional<int> status = {};  // as in Python's subprocess: -N for a death by signal N
  bool reads_clock = false;
  bool reaped = false;  // by its parent
  bool fresh = false;   // what follows is as the kernel has it
  std::vector<PendingSignal> pending = {};
  SignalSet mask = 0;
};

// What the signal does without a handler.
bool IsIgnored(const Process& process, int signal);
// Pending ones that are not ignored. / Those of them that are not in `mask`.
SignalSet PendingSet(const Process& process);
inline SignalSet Deliverable(const Process& process, SignalSet mask) {
  return PendingSet(process) & ~mask;
}

// What a process that stands at the entry of a call would wait for. `now` begins its pauses.
Waiting DescribeWaiting(const Process& process, VirtualTime now);

}  // namespace minitalk::explore

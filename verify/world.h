// A closed world of simulated processes. Each is a fibre that runs real code; whenever it asks for
// something that others can see or influence (a signal sent, a signal awaited), it stops, and what
// happens next is one of the transitions that Enabled() lists. Whoever drives the world picks one:
// so every schedule can be produced, and produced again.
//
// Two worlds whose processes have the same histories, pending signals and budgets behave alike from
// there on. StateKey() condenses that, and the explorer needs to see a key only once.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "verify/pending.h"
#include "verify/process.h"

namespace minitalk::verify {

// What the scheduler and the adversary may do.
struct Rules {
  enum class Pauses : std::uint8_t {
    kAnyTime,  // a pause guarantees nothing, as on a loaded machine
    kLong,     // a pause, or a wait's timeout, ends only when nobody else can do anything
  };
  Pauses pauses = Pauses::kAnyTime;
  // Time runs alike for all: whoever is first in virtual time moves. For protocols that read the
  // clock; without it every process' clock counts its own steps only.
  bool lockstep = false;
  // How often the adversary may strike.
  int foreign_signals = 0;  // from outside of the world, to any slot of anybody
  int kills = 0;            // SIGKILL
  int interrupts = 0;       // a wait returns EINTR, as after SIGSTOP and SIGCONT
  int limits = 0;           // a wait without a timeout of its own runs into the link's limit
  int delays = 0;           // under lockstep: a process is not run for a while
};

// One thing that can happen next.
struct Transition {
  enum class Kind : std::uint8_t {
    kProceed,    // the process gets what it asked for
    kNothing,    // its wait ends without a signal, having found none
    kLimit,      // the same, at the link's limit
    kDeath,      // its wait tells it that the peer has died
    kInterrupt,  // its wait ends by EINTR
    kHandler,    // its signal handler runs
    kForeign,    // a foreign signal comes
    kKill,       // it is killed
    kDelay,      // it is not run for a while
  };
  Kind kind = Kind::kProceed;
  Pid actor = 0;
  Signal signal = Signal::kUsr1;  // kForeign only
  Lane lane = Lane::kShared;
  friend bool operator==(const Transition&, const Transition&) = default;
};

// A step that was made.
struct Step {
  Transition transition;
  std::string text;  // "sends USR1", "sends USR1, which vanishes"
};

// Not thread-safe: one world, one thread.
class World {
 public:
  explicit World(const Rules& rules) : rules_(rules) {}
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // A process with the next pid, from 1. The first Enabled() runs it up to its first request. When
  // it ends or is killed, `parent` gets a SIGCHLD. May also be called by a process, inside
  // Process::Do(), which thereby forks.
  Process& Add(std::string name, Process::Body body, Process* parent = nullptr);

  // A thread of `leader`, with a pending set of its own; see Process::set_thread_of().
  Process& AddThread(std::string name, Process::Body body, Process& leader,
                     std::function<bool()> open);

  // What can happen next, in a fixed order. Empty: nothing ever will.
  std::span<const Transition> Enabled();
  // REQUIRES: one of Enabled().
  Step Take(const Transition& transition);
  // Whether steps get a text, which costs more than the step itself.
  void set_describing(bool describing) { describing_ = describing; }
  Key StateKey() const;

  std::size_t size() const { return processes_.size(); }
  // REQUIRES: 1 <= pid <= size().
  const Process& process(Pid pid) const { return *processes_[Index(pid)]; }
  // Whether any process has paused: whether it matters how long pauses are.
  bool paused() const;

 private:
  using Request = Process::Request;

  void Kill(Process& process);
  static std::size_t Index(Pid pid) { return static_cast<std::size_t>(pid - 1); }
  Process& At(Pid pid) { return *processes_[Index(pid)]; }
  void StartNew();
  void Resume(Process& process);
  void ListOf(const Process& process);
  void ListWait(const Process& process);
  void ListAdversary();
  void KeepEarliest();
  bool NeedsTimeToPass(const Transition& transition) const;
  std::string Do(const Transition& transition);
  std::string Proceed(Process& process);
  std::string EndWait(Process& process, Waited::End end, const char* text);
  std::string PostTo(Process& receiver, const Pending& pending, const char* verb);
  std::string RunHandler(Process& process);
  std::string TakeSignal(Process& process);

  Rules rules_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::size_t started_ = 0;  // so many of them have run to their first request
  std::vector<Transition> enabled_;
  bool describing_ = false;
};

// "USR1", "private USR2".
std::string ToString(Signal signal, Lane lane);

}  // namespace minitalk::verify

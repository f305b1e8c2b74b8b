// A closed world of simulated processes. Each is a fibre that runs real code; whenever it asks for
// something that others can see or influence (a signal sent, a signal awaited), it stops, and what
// happens next is one of the transitions that Enabled() lists. Whoever drives the world picks one:
// so every schedule can be produced, and produced again.
//
// The state of a process is the sequence of answers it has got: the code is deterministic, so two
// worlds with the same histories, pending signals and budgets behave alike from there on.
// StateKey() condenses that, and the explorer needs to see a key only once.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "verify/fibre.h"
#include "verify/pending.h"

namespace minitalk::verify {

// A process of the simulated world; also its pid in siginfo.
using Pid = int;
inline constexpr Pid kForeignPid = 99;

// What the scheduler and the adversary may do.
struct Rules {
  enum class Pauses : std::uint8_t {
    kAnyTime,  // a pause guarantees nothing, as on a loaded machine
    kLong,     // a pause, or a wait's patience, ends only when nobody else can do anything
  };
  Pauses pauses = Pauses::kAnyTime;
  // Time runs alike for all: whoever is first in virtual time moves. For protocols that read the
  // clock; without it every process' clock counts its own steps only.
  bool lockstep = false;
  // How often the adversary may strike.
  int strangers = 0;   // signals from a foreign process, to any slot of anybody
  int kills = 0;       // SIGKILL
  int interrupts = 0;  // a wait returns EINTR, as after SIGSTOP and SIGCONT
  int limits = 0;      // a wait without a timeout of its own runs into the link's limit
  int delays = 0;      // under lockstep: a process is not run for a while
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
    kStranger,   // a foreign signal comes
    kKill,       // it is killed
    kDelay,      // it is not run for a while
  };
  Kind kind = Kind::kProceed;
  Pid actor = 0;
  Signal signal = Signal::kUsr1;  // kStranger only
  Lane lane = Lane::kShared;
  friend bool operator==(const Transition&, const Transition&) = default;
};

// How a wait ended.
struct Waited {
  enum class End : std::uint8_t { kSignal, kNothing, kLimit, kDeath, kInterrupt };
  End end = End::kNothing;
  std::optional<Pending> signal = std::nullopt;
};

// 128 bits, so that two states are never taken for one in practice: with 10^7 states the odds are
// below 10^-24.
struct Key {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend bool operator==(const Key&, const Key&) = default;
};

// A step that was made, in words and for the replay on real processes.
struct Step {
  Transition transition;
  std::string text;                   // "sends USR1"
  std::optional<Pending> taken = {};  // what it got, if anything
  bool vanished = false;              // it sent into a full slot
};

// Not thread-safe: one world, one thread.
class World {
 public:
  explicit World(const Rules& rules) : rules_(rules) {}
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // --- Building; Add() may also be called by a process, which thereby forks.

  // What the code of a process does. The first Enabled() runs it up to its first request.
  using Body = std::function<void(Pid self)>;
  // When it ends or is killed, `parent` gets a shared USR2: it stands for SIGCHLD, which is a
  // higher number than USR1 too, and coalesces as well.
  Pid Add(std::string name, Body body, Pid parent = 0);
  void set_order(Pid pid, Order order) { actors_[Index(pid)]->order = order; }
  // From now on signals are handled by handlers as they come, not taken by waits.
  void use_handlers(Pid pid) { actors_[Index(pid)]->handlers = true; }
  // A process that the adversary may kill.
  void set_mortal(Pid pid) { actors_[Index(pid)]->mortal = true; }

  // --- For the code of the processes.

  void Send(Pid self, Pid target, const Pending& pending);
  // `peer`: whose death ends the wait; 0 for nobody's.
  Waited Wait(Pid self, std::chrono::nanoseconds patience, Pid peer);
  // pause(2): ends when a handler has run since it began. Two steps: it begins, it ends.
  void PauseForHandler(Pid self);
  // Does something that others can see, or looks at what others did, as one step.
  std::uint64_t Do(Pid self, std::string text, std::function<std::uint64_t()> what);
  void Pause(Pid self, std::chrono::nanoseconds gap);
  // Does nothing until the condition holds. For scenarios, not for code that is to be verified.
  void Until(Pid self, std::function<bool()> condition);
  std::chrono::nanoseconds Now(Pid self);
  // Neither killed nor gone. A look at it has to be part of a step, see Do().
  bool Alive(Pid pid) const { return actors_[Index(pid)]->alive && !actors_[Index(pid)]->gone; }
  // It exits, as its last act: its peer learns of it.
  void Exit(Pid self) { actors_[Index(self)]->gone = true; }
  // What the outside will know of it once it has ended: part of the state.
  void set_outcome(Pid self, std::uint64_t outcome) { actors_[Index(self)]->outcome = outcome; }

  // --- For whoever drives it.

  // What can happen next, in a fixed order. Empty: nothing ever will.
  std::span<const Transition> Enabled();
  // REQUIRES: one of Enabled().
  Step Take(const Transition& transition);
  // Whether steps get a text, which costs more than the step itself.
  void set_telling(bool telling) { telling_ = telling; }
  Key StateKey() const;

  std::size_t size() const { return actors_.size(); }
  const std::string& name(Pid pid) const { return actors_[Index(pid)]->name; }
  // Its code has come to its end. / It was killed.
  bool Finished(Pid pid) const { return actors_[Index(pid)]->finished; }
  bool Killed(Pid pid) const { return !actors_[Index(pid)]->alive; }
  // Whether any process has paused: whether it matters how long pauses are.
  bool paused() const { return paused_; }

 private:
  enum class Request : std::uint8_t { kNone, kSend, kWait, kHandler, kDo, kPause, kUntil };
  struct Actor {
    std::string name;
    Pid parent = 0;
    std::unique_ptr<Fibre> fibre;
    PendingSets pending;
    Order order = Order::kTaken;
    bool handlers = false;
    bool mortal = false;
    bool alive = true;
    bool gone = false;
    bool finished = false;
    Key history;
    std::uint64_t outcome = 0;
    std::chrono::nanoseconds clock{0};
    std::chrono::nanoseconds awake{0};  // under lockstep: when its oldest pending signal came
    // What it asks for.
    Request request = Request::kNone;
    Pid target = 0;
    Pending sending;
    std::chrono::nanoseconds patience{0};
    std::string text;
    std::function<std::uint64_t()> what;
    std::function<bool()> condition;
    bool handler_ran = false;      // since its PauseForHandler() began
    std::vector<Pending> handled;  // by handlers, not yet looked at
    // What it gets.
    Waited waited;
    std::uint64_t done = 0;
  };
  class Abandoned {};

  static std::size_t Index(Pid pid) { return static_cast<std::size_t>(pid - 1); }
  void StartNew();
  void RunBody(Pid pid, const Body& body);
  void Ask(Pid self, Request request);
  void Resume(Pid pid);
  void Observe(Actor& actor, std::uint64_t what);
  void ObserveWaited(Actor& actor);
  void ListOf(Pid pid);
  void ListWait(Pid pid, const Actor& actor);
  void ListAdversary();
  void KeepEarliest();
  bool IsPatience(const Transition& transition) const;
  Step Proceed(Pid pid);
  Step EndWait(Pid pid, Waited::End end, const char* text);
  Step PostTo(Pid target, const Pending& pending, const char* verb);
  Step Deliver(Pid pid);
  Step TakeSignal(Pid pid);
  void Kill(Pid pid);
  void TellParent(const Actor& actor, Pid pid);

  Rules rules_;
  std::vector<std::unique_ptr<Actor>> actors_;
  std::size_t started_ = 0;  // so many of them have run to their first request
  std::vector<Transition> enabled_;
  bool paused_ = false;
  bool abandoned_ = false;
  bool telling_ = false;
};

// "USR1", "private USR2".
std::string Describe(Signal signal, Lane lane);

}  // namespace minitalk::verify

// A process of the simulated world: real code on a fibre of its own. Whenever the code asks for
// something that others can see or influence, it stops until the world grants the request.
//
// The state of a process is the sequence of answers it has got: its code is deterministic, so two
// processes with the same history behave alike from there on.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "verify/fibre.h"
#include "verify/pending.h"

namespace minitalk::verify {

using Pid = int;
// Whose signals nobody expects: a process outside of the world.
inline constexpr Pid kForeignPid = 99;

struct Rules;

// How a wait ended.
struct Waited {
  enum class End : std::uint8_t { kSignal, kNothing, kLimit, kDeath, kInterrupt };
  End end = End::kNothing;
  std::optional<Pending> signal = std::nullopt;
};

// Owned by its world, which outlives all references to it. Not thread-safe.
class Process {
 public:
  // What its code does; the code ends with it.
  using Body = std::function<void(Process& self)>;

  // Only World makes one, with World::Add(). `rules` and `parent` must outlive it.
  Process(const Rules& rules, Pid pid, std::string name, Body body, Process* parent);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  Pid pid() const { return pid_; }
  const std::string& name() const { return name_; }

  // --- Set by who builds the world, before the process's first step.

  void set_order(Order order) { order_ = order; }
  // Signals are handled by handlers as they come, not taken by waits.
  void use_handlers() { handlers_ = true; }
  // The adversary may kill it.
  void set_mortal() { mortal_ = true; }
  // It is a thread of `leader`, in whose name it sends and with whom it dies; its waits take
  // nothing while it is not `open`.
  void set_thread_of(Process& leader, std::function<bool()> open) {
    leader_ = &leader;
    open_ = std::move(open);
  }

  // --- For its own code, REQUIRES: called on its fibre.

  void Send(Pid target, const Pending& pending);
  // `peer`: whose death ends the wait; 0 for nobody's.
  Waited Wait(std::chrono::nanoseconds timeout, Pid peer);
  // pause(2): ends when a handler has run since it began. Two steps: it begins, it ends.
  void PauseForHandler();
  // Does something that others can see, or looks at what others did, as one step.
  std::uint64_t Do(std::string text, std::function<std::uint64_t()> action);
  void Pause(std::chrono::nanoseconds gap);
  // Does nothing until the condition holds. For scenarios, not for code that is to be verified.
  void Until(std::function<bool()> condition);
  std::chrono::nanoseconds Now();
  // It exits, as its last act: its peer learns of it.
  void Exit() { exited_ = true; }
  // What the outside will know of it once it has ended: part of the state.
  void set_outcome(std::uint64_t outcome) { outcome_ = outcome; }

  // --- For others. What one process's code reads of another has to be part of a step, see Do().

  // Neither killed nor exited.
  bool alive() const { return !killed_ && !exited_; }
  bool killed() const { return killed_; }
  // Its code has come to its end.
  bool finished() const { return finished_; }
  // It has paused: it matters how long pauses are.
  bool paused() const { return paused_; }

 private:
  friend class World;
  enum class Request : std::uint8_t { kNone, kSend, kWait, kHandler, kDo, kPause, kUntil };
  // The answers to requests, as histories record them.
  enum Answer : std::uint64_t { kSent = 1, kWaited = 2, kHandled = 8, kDone = 9, kPaused = 10 };
  class Abandoned {};
  // What a step and a look at the clock take under virtual time: about what they take in truth, and
  // of no other importance.
  static constexpr std::chrono::nanoseconds kStepTime{200};
  static constexpr std::chrono::nanoseconds kClockTime{30};

  // It can still make a step, and be sent signals.
  bool running() const { return !killed_ && !finished_; }
  bool takes_signals() const { return !open_ || open_(); }
  void RunBody(const Body& body);
  void Ask(Request request);
  void NotifyParent();
  // The rest is called by the world. Ends the code where it stands, by an exception.
  void Abandon();
  void Kill();
  Pending TakeSignal();
  Pending RunHandler();
  void EndWait(Waited::End end);
  void Observe(std::uint64_t answer) { history_.Add(answer); }
  void ObserveWaited();
  void AddState(bool lockstep, Key* key) const;

  const Rules& rules_;
  const Pid pid_;
  const std::string name_;
  Process* const parent_;
  Process* leader_ = nullptr;
  std::function<bool()> open_;
  PendingSets pending_;
  Order order_ = Order::kTaken;
  bool handlers_ = false;
  bool mortal_ = false;
  bool abandoned_ = false;
  bool killed_ = false;
  bool exited_ = false;
  bool finished_ = false;
  bool paused_ = false;
  Key history_;
  std::uint64_t outcome_ = 0;
  std::chrono::nanoseconds clock_{0};
  std::chrono::nanoseconds awake_{0};  // under lockstep: when its oldest pending signal came
  // What it asks for.
  Request request_ = Request::kNone;
  Pid target_ = 0;
  Pending sending_{};
  std::chrono::nanoseconds timeout_{0};
  std::string text_;
  std::function<std::uint64_t()> action_;
  std::function<bool()> condition_;
  bool handler_ran_ = false;      // since its PauseForHandler() began
  std::vector<Pending> handled_;  // by handlers, not yet looked at
  // What it gets.
  Waited waited_;
  std::uint64_t done_ = 0;
  Fibre fibre_;  // last: its code uses all of the above
};

}  // namespace minitalk::verify

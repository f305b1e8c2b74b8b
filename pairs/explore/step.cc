// One step of a world: a process is let go, and taken hold of again where the next choice is.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "core/os/child.h"
#include "pairs/explore/world.h"

namespace minitalk::explore {
namespace {

constexpr std::chrono::milliseconds kSlice{500};  // of CPU time, without a system call
constexpr std::uint64_t kResetHandler = SA_RESETHAND;

bool Stops(int signal) {
  return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

std::uint64_t Bits(auto value) { return static_cast<std::uint64_t>(value); }

}  // namespace

int World::IndexOf(const Process& process) const {
  for (std::size_t i = 0; i < processes_.size(); ++i) {
    if (&processes_[i] == &process) return static_cast<int>(i);
  }
  return -1;
}

// Pauses and alarms alone are no progress, nor is what a handler does about an alarm.
void World::Record(Event event) {
  const bool idles = event.kind == Event::Kind::kTimesOut || event.kind == Event::Kind::kAlarm ||
                     event.signal == SIGALRM;
  if (!idles) idle_ = 0;
  events_.push_back(std::move(event));
}

// What is done to a process while it stands still. False: nothing of the kind.
bool World::Disturb(Process& process, const Option& option) {
  if (option.how == How::kAlarm) {
    Timer& timer = process.timers.at(option.detail);
    now_ = std::max(now_, *timer.deadline);
    timer.deadline =
        timer.interval > VirtualTime{} ? std::optional(now_ + timer.interval) : std::nullopt;
    Record({.kind = Event::Kind::kAlarm, .process = option.process, .signal = timer.signal});
    SignalUnreaped(process.tracee.id(), timer.signal);
  } else if (option.how == How::kForeign) {
    foreign_left_.erase(std::ranges::find(foreign_left_, option.detail));
    // Any of the signals, so many times in all.
    if (!rules_.each_once) {
      for (const int signal : rules_.foreign_signals) {
        const auto other = std::ranges::find(foreign_left_, signal);
        if (signal != option.detail) foreign_left_.erase(other);
      }
    }
    Record({.kind = Event::Kind::kForeign, .process = option.process, .signal = option.detail});
    SignalUnreaped(process.tracee.id(), option.detail);
  } else {
    return false;
  }
  process.fresh = false;
  return true;
}

void World::Do(const Option& option) {
  Process& process = processes_[static_cast<std::size_t>(option.process)];
  has_options_ = false;
  ++idle_;
  if (Disturb(process, option)) return;
  current_ = option.process;
  process.history = Mix(process.history, Bits(option.how));
  process.fresh = false;
  Perform(process, option);
  while (!TakeStop(process, process.tracee.Wait(kSlice), option.how)) {
  }
}

void World::Perform(Process& process, const Option& option) {
  if (process.at != At::kCall) {
    process.tracee.Run();
  } else if (option.how == How::kBefore) {
    // The call is left out; behind the handler the instruction is executed again.
    Registers again = process.entry;
    Machine::Rewind(again, Machine::Number(process.entry));
    Machine::Void(again);
    process.tracee.VoidCall();
    process.tracee.SetRegisters(again);
    process.tracee.Run();
  } else if (option.how == How::kTimeout) {
    now_ = std::max(now_, *process.waiting.deadline);
    RecordAt(process.entry, {.kind = Event::Kind::kTimesOut,
                             .process = option.process,
                             .call = process.call,
                             .length = process.waiting.length});
    EndPause(process);
  } else if (option.how == How::kStop) {
    --stops_left_;
    RecordAt(process.entry,
             {.kind = Event::Kind::kStopped, .process = option.process, .call = process.call});
    Answer(process, -EINTR);
  } else {
    MakeCall(process);
  }
}

// At the entry of a call. True: there is a choice.
bool World::ArriveAtCall(Process& process) {
  process.entry = process.tracee.GetRegisters();
  const auto call = CallOf<Machine>(Machine::Number(process.entry));
  if (!call) {
    process.tracee.Run();
    return false;
  }
  process.call = *call;
  LookForUnsafe(process);
  if (AnswerAtOnce(process)) return false;
  process.at = At::kCall;
  process.waiting = {};
  return true;
}

// True: it stands where there is a choice.
bool World::TakeStop(Process& process, const Stop& stop, How how) {
  switch (stop.kind) {
    case Stop::Kind::kCall:
      return ArriveAtCall(process);
    case Stop::Kind::kCallExit:
      return FinishCall(process);
    case Stop::Kind::kSignal:
      Deliver(process, stop.value, how);
      return false;
    case Stop::Kind::kFork:
      AddChild(process, stop.value);
      return false;
    case Stop::Kind::kExec:
      for (Action& action : process.actions) {
        if (action.handler > 1) action = {};
      }
      process.tracee.Run();
      return false;
    case Stop::Kind::kHeld:
      process.tracee.Run();
      return false;
    case Stop::Kind::kSpinning:
      process.at = At::kSpinning;
      return true;
    case Stop::Kind::kSleeping:
      throw CannotExplore(fmt::format("{} sleeps in a system call that is not known here: {}",
                                      process.name, ToString(process.call)));
    case Stop::Kind::kExited:
    case Stop::Kind::kKilled:
      End(process, stop);
      return true;
  }
  return true;
}

void World::RecordAt(const Registers& registers, Event event) {
  const Process& process = processes_[static_cast<std::size_t>(event.process)];
  if (wants_sources_ && process.callers) {
    event.source = process.callers->Source(process.tracee, registers);
  }
  Record(std::move(event));
}

void World::SetCallers(int index, std::shared_ptr<Callers> callers) {
  processes_[static_cast<std::size_t>(index)].callers = std::move(callers);
}

void World::NoteInterruption(Process& process) {
  if (!process.callers) return;
  process.interrupted.push_back(
      process.callers->FindUnsafe(process.tracee, process.tracee.GetRegisters()));
}

// In a handler: whether it is in a function of a family that it has interrupted. The interrupted
// frames are the outermost, and the one of the signal's delivery is before them.
void World::LookForUnsafe(const Process& process) {
  if (process.interrupted.empty() || !unsafe_.empty()) return;
  const Callers::Unsafe& before = process.interrupted.back();
  if (before.families == 0) return;
  const auto now = process.callers->FindUnsafe(process.tracee, process.entry, before.depth + 1);
  if ((now.families & before.families) == 0) return;
  unsafe_ = fmt::format("a handler of the {} calls {}() while {}() was interrupted", process.name,
                        now.function, before.function);
}

void World::Deliver(Process& process, int signal, How how) {
  Action& action = process.actions[static_cast<std::size_t>(signal)];
  siginfo_t info = process.tracee.GetSignal();
  pid_t sender = 0;
  if (info.si_code == SI_USER || info.si_code == SI_TKILL) {
    sender = VirtualPid(info.si_pid);
    info.si_pid = sender;
    process.tracee.SetSignal(info);
  }
  process.history = Mix(Mix(process.history, Bits(signal)), Bits(sender));
  if (action.handler > 1) {
    const bool placed = process.at == At::kCall && (how == How::kBefore || how == How::kWithin);
    RecordAt(process.tracee.GetRegisters(), {.kind = Event::Kind::kHandles,
                                             .process = IndexOf(process),
                                             .signal = signal,
                                             .call = process.call,
                                             .how = placed ? std::optional(how) : std::nullopt});
    NoteInterruption(process);
    if ((action.flags & kResetHandler) != 0) action.handler = 0;
    process.at = At::kUser;
  }
  process.tracee.Run(Stops(signal) && action.handler == 0 ? 0 : signal);
}

void World::AddChild(Process& process, pid_t id) {
  Process child = process;
  child.tracee = Tracee(id);
  child.pid = processes_.front().pid + static_cast<pid_t>(processes_.size());
  child.parent = process.pid;
  child.name = fmt::format("{}'s child", process.name);
  child.at = At::kUser;
  child.fresh = false;
  child.timers.clear();
  child.history = Mix(process.history, Bits(child.pid));
  while (child.tracee.Wait(kSlice).kind != Stop::Kind::kHeld) child.tracee.Run();
  // What the C library has noted of itself.
  constexpr std::uint64_t kSetChildTid = 0x01000000;
  const std::uint64_t flags = Machine::Argument(process.entry, 0);
  if (process.call == Call::k_clone && (flags & kSetChildTid) != 0) {
    child.tracee.WriteValue(Machine::Argument(process.entry, 3),
                            static_cast<std::int32_t>(child.pid));
  }
  process.history = Mix(process.history, Bits(child.pid));
  processes_.push_back(std::move(child));
  Record({.kind = Event::Kind::kForks,
          .process = IndexOf(process),
          .other = static_cast<int>(processes_.size()) - 1});
  process.tracee.RunToExit();
}

void World::End(Process& process, const Stop& stop) {
  process.at = At::kGone;
  const bool killed = stop.kind == Stop::Kind::kKilled;
  process.status = killed ? -stop.value : stop.value;
  process.history = Mix(process.history, Bits(*process.status));
  Record({.kind = killed ? Event::Kind::kDies : Event::Kind::kEnds,
          .process = IndexOf(process),
          .signal = stop.value});
  for (Process& other : processes_) other.fresh = false;
}

}  // namespace minitalk::explore

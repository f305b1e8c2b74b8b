// What can happen next in a world: its processes' own steps, and the adversary's.
#include <algorithm>

#include "core/wire/link.h"
#include "verify/world.h"

namespace minitalk::verify {

using std::chrono::nanoseconds;
using Kind = Transition::Kind;

std::span<const Transition> World::Enabled() {
  StartNew();
  enabled_.clear();
  for (const auto& process : processes_) ListOf(*process);
  if (rules_.lockstep) KeepEarliest();
  const auto needs_time = [&](const Transition& step) { return NeedsTimeToPass(step); };
  if (rules_.pauses == Rules::Pauses::kLong && !std::ranges::all_of(enabled_, needs_time)) {
    std::erase_if(enabled_, needs_time);
  }
  ListAdversary();
  return enabled_;
}

bool World::NeedsTimeToPass(const Transition& transition) const {
  const Process& process = this->process(transition.actor);
  if (process.request_ == Request::kPause) return true;
  return transition.kind == Kind::kNothing && process.timeout_ > nanoseconds(0);
}

void World::ListOf(const Process& process) {
  if (!process.running()) return;
  const Transition proceed{Kind::kProceed, process.pid()};
  if (process.handlers_ && !process.pending_.empty()) {
    enabled_.push_back({Kind::kHandler, process.pid()});
  }
  switch (process.request_) {
    case Request::kWait:
      return ListWait(process);
    case Request::kHandler:
      if (process.handler_ran_) enabled_.push_back(proceed);
      return;
    case Request::kUntil:
      if (process.condition_()) enabled_.push_back(proceed);
      return;
    default:
      enabled_.push_back(proceed);
  }
}

// A pending signal is always taken: even a timeout looks once more (kernel/signal.c,
// do_sigtimedwait). So nothing else can end a wait while there is one.
void World::ListWait(const Process& process) {
  const bool found = process.handlers_ ? !process.handled_.empty() : !process.pending_.empty();
  if (found) {
    if (process.takes_signals()) enabled_.push_back({Kind::kProceed, process.pid()});
  } else if (process.timeout_ != Link::kUntilTimeout) {
    enabled_.push_back({Kind::kNothing, process.pid()});
  } else if (process.target_ != 0 && !At(process.target_).alive()) {
    enabled_.push_back({Kind::kDeath, process.pid()});
  }
}

// Under virtual time only the first moves; and a wait with a timeout is later than what it waits
// for.
void World::KeepEarliest() {
  const auto when = [&](const Transition& transition) {
    const Process& process = At(transition.actor);
    const bool times_out = transition.kind == Kind::kNothing;
    const bool takes = process.request_ == Request::kWait && !times_out;
    const auto ready = takes ? std::max(process.clock_, process.awake_) : process.clock_;
    return times_out ? ready + process.timeout_ : ready;
  };
  const auto first = std::ranges::min_element(enabled_, {}, when);
  if (first != enabled_.end()) enabled_ = {*first};
}

void World::ListAdversary() {
  for (const auto& process : processes_) {
    if (!process->running()) continue;
    const Pid pid = process->pid();
    const bool waits = process->request_ == Request::kWait && process->takes_signals();
    const bool stuck = waits && process->pending_.empty() &&
                       process->timeout_ == Link::kUntilTimeout && process->leader_ == nullptr;
    if (rules_.limits > 0 && stuck) enabled_.push_back({Kind::kLimit, pid});
    if (rules_.interrupts > 0 && waits) enabled_.push_back({Kind::kInterrupt, pid});
    if (rules_.kills > 0 && process->mortal_) enabled_.push_back({Kind::kKill, pid});
    if (rules_.delays > 0) enabled_.push_back({Kind::kDelay, pid});
    if (rules_.foreign_signals == 0) continue;
    for (const Lane lane : {Lane::kShared, Lane::kPrivate}) {
      // Any thread may take one for the whole process, and drops what is not the peer's.
      if (lane == Lane::kShared && process->leader_ != nullptr) continue;
      for (const Signal signal : {Signal::kUsr1, Signal::kUsr2}) {
        enabled_.push_back({Kind::kForeign, pid, signal, lane});
      }
    }
  }
}

}  // namespace minitalk::verify

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
  for (std::size_t i = 0; i < actors_.size(); ++i) ListOf(static_cast<Pid>(i) + 1);
  if (rules_.lockstep) KeepEarliest();
  const auto is_patience = [&](const Transition& transition) { return IsPatience(transition); };
  if (rules_.pauses == Rules::Pauses::kLong && !std::ranges::all_of(enabled_, is_patience)) {
    std::erase_if(enabled_, is_patience);
  }
  ListAdversary();
  return enabled_;
}

// Whether it is time that has to pass for it.
bool World::IsPatience(const Transition& transition) const {
  const Actor& actor = *actors_[Index(transition.actor)];
  if (actor.request == Request::kPause) return true;
  return transition.kind == Kind::kNothing && actor.patience > nanoseconds(0);
}

void World::ListOf(Pid pid) {
  const Actor& actor = *actors_[Index(pid)];
  if (!actor.alive || actor.finished) return;
  if (actor.handlers && !actor.pending.empty()) enabled_.push_back({Kind::kHandler, pid});
  switch (actor.request) {
    case Request::kWait:
      return ListWait(pid, actor);
    case Request::kHandler:
      if (actor.handler_ran) enabled_.push_back({Kind::kProceed, pid});
      return;
    case Request::kUntil:
      if (actor.condition()) enabled_.push_back({Kind::kProceed, pid});
      return;
    default:
      enabled_.push_back({Kind::kProceed, pid});
  }
}

// A pending signal is always taken: even a timeout looks once more (kernel/signal.c,
// do_sigtimedwait). So nothing else can end a wait while there is one.
void World::ListWait(Pid pid, const Actor& actor) {
  const bool found = actor.handlers ? !actor.handled.empty() : !actor.pending.empty();
  if (found) {
    enabled_.push_back({Kind::kProceed, pid});
  } else if (actor.patience != Link::kUntilLimit) {
    enabled_.push_back({Kind::kNothing, pid});
  } else if (actor.target != 0 && !Alive(actor.target)) {
    enabled_.push_back({Kind::kDeath, pid});
  }
}

// Under virtual time only the first moves; and a wait with a timeout is later than what it waits
// for.
void World::KeepEarliest() {
  const auto when = [&](const Transition& transition) {
    const Actor& actor = *actors_[Index(transition.actor)];
    const bool times_out = transition.kind == Kind::kNothing;
    const bool takes = actor.request == Request::kWait && !times_out;
    const auto ready = takes ? std::max(actor.clock, actor.awake) : actor.clock;
    return times_out ? ready + actor.patience : ready;
  };
  const auto first = std::ranges::min_element(enabled_, {}, when);
  if (first != enabled_.end()) enabled_ = {*first};
}

void World::ListAdversary() {
  for (std::size_t i = 0; i < actors_.size(); ++i) {
    const auto pid = static_cast<Pid>(i) + 1;
    const Actor& actor = *actors_[i];
    if (!actor.alive || actor.finished) continue;
    const bool waits = actor.request == Request::kWait;
    const bool stuck = waits && actor.pending.empty() && actor.patience == Link::kUntilLimit;
    if (rules_.limits > 0 && stuck) enabled_.push_back({Kind::kLimit, pid});
    if (rules_.interrupts > 0 && waits) enabled_.push_back({Kind::kInterrupt, pid});
    if (rules_.kills > 0 && actor.mortal) enabled_.push_back({Kind::kKill, pid});
    if (rules_.delays > 0) enabled_.push_back({Kind::kDelay, pid});
    if (rules_.strangers == 0) continue;
    for (const Lane lane : {Lane::kShared, Lane::kPrivate}) {
      for (const Signal signal : {Signal::kUsr1, Signal::kUsr2}) {
        enabled_.push_back({Kind::kStranger, pid, signal, lane});
      }
    }
  }
}

}  // namespace minitalk::verify

#include "verify/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstring>

#include "core/wire/link.h"

namespace minitalk::verify {
namespace {

using std::chrono::nanoseconds;
using Kind = Transition::Kind;

// What a step and a look at the clock take under virtual time: about what they take in truth, and
// of no other importance.
constexpr nanoseconds kStepTime{200};
constexpr nanoseconds kClockTime{30};
constexpr nanoseconds kDelay{5000};

// The finaliser of SplitMix64 (Steele, Lea, Flood 2014), a bijection.
std::uint64_t Mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

void Add(Key& key, std::uint64_t value) {
  key.high = Mix(key.high ^ value);
  key.low = Mix(key.low + 0xd1b54a32d192ed03 + value * 0xaef17502108ef2d9);
}

std::uint64_t Digest(const Payload& payload) {
  std::uint64_t digest = Mix(payload.sequence + (static_cast<std::uint64_t>(payload.form) << 8));
  for (std::size_t i = 0; i < payload.bytes.size(); i += sizeof(digest)) {
    std::uint64_t word = 0;
    std::memcpy(&word, payload.bytes.data() + i, sizeof(word));
    digest = Mix(digest ^ word);
  }
  return digest;
}

std::uint64_t Digest(const Info& info) {
  const auto code = static_cast<std::uint32_t>(info.code);
  const auto sender = static_cast<std::uint64_t>(info.sender);
  return Mix(sender << 32 | code) ^ (info.payload ? Digest(*info.payload) : 0);
}

std::uint64_t Digest(const Pending& pending) {
  const auto slot =
      (pending.signal == Signal::kUsr2 ? 1u : 0u) + (pending.lane == Lane::kPrivate ? 2u : 0u);
  return Mix(Digest(pending.info) + slot);
}

// The answers of requests, as histories record them.
enum Answer : std::uint64_t { kSent = 1, kWaited = 2, kHandled = 8, kDone = 9, kPaused = 10 };

}  // namespace

std::string Describe(Signal signal, Lane lane) {
  return fmt::format("{}{}", lane == Lane::kPrivate ? "private " : "",
                     signal == Signal::kUsr1 ? "USR1" : "USR2");
}

World::~World() {
  abandoned_ = true;
  for (const auto& actor : actors_) {
    if (!actor->fibre->done()) actor->fibre->Resume();
  }
}

Pid World::Add(std::string name, Body body, Pid parent) {
  const auto pid = static_cast<Pid>(actors_.size()) + 1;
  actors_.push_back(std::make_unique<Actor>());
  Actor& actor = *actors_.back();
  actor.name = std::move(name);
  actor.parent = parent;
  actor.fibre =
      std::make_unique<Fibre>([this, pid, body = std::move(body)] { RunBody(pid, body); });
  return pid;
}

void World::RunBody(Pid pid, const Body& body) {
  try {
    if (!abandoned_) body(pid);
  } catch (const Abandoned&) {
    return;
  }
  Actor& actor = *actors_[Index(pid)];
  actor.finished = true;
  TellParent(actor, pid);
}

void World::TellParent(const Actor& actor, Pid pid) {
  if (actor.parent == 0) return;
  Actor& parent = *actors_[Index(actor.parent)];
  if (parent.alive && !parent.finished) {
    parent.pending.Post({Signal::kUsr2, Lane::kShared, {.code = CLD_EXITED, .sender = pid}});
  }
}

// Stops the process until its request is granted.
void World::Ask(Pid self, Request request) {
  Actor& actor = *actors_[Index(self)];
  if (abandoned_) throw Abandoned();
  actor.request = request;
  actor.fibre->Yield();
  if (abandoned_ || !actor.alive) throw Abandoned();
}

void World::Send(Pid self, Pid target, const Pending& pending) {
  Actor& actor = *actors_[Index(self)];
  actor.target = target;
  actor.sending = pending;
  actor.sending.info.sender = self;
  Ask(self, Request::kSend);
}

Waited World::Wait(Pid self, nanoseconds patience, Pid peer) {
  Actor& actor = *actors_[Index(self)];
  actor.patience = patience;
  actor.target = peer;
  Ask(self, Request::kWait);
  return actor.waited;
}

void World::PauseForHandler(Pid self) {
  Do(self, "pauses", [this, self] {
    actors_[Index(self)]->handler_ran = false;
    return 0;
  });
  Ask(self, Request::kHandler);
}

std::uint64_t World::Do(Pid self, std::string text, std::function<std::uint64_t()> what) {
  Actor& actor = *actors_[Index(self)];
  actor.text = std::move(text);
  actor.what = std::move(what);
  Ask(self, Request::kDo);
  return actor.done;
}

void World::Pause(Pid self, nanoseconds gap) {
  paused_ = true;
  Actor& actor = *actors_[Index(self)];
  actor.clock += gap;
  // Where a pause guarantees nothing it is no step: the next one may come as late as it likes.
  if (rules_.pauses == Rules::Pauses::kAnyTime && !rules_.lockstep) return;
  actor.patience = gap;
  Ask(self, Request::kPause);
}

void World::Until(Pid self, std::function<bool()> condition) {
  Actor& actor = *actors_[Index(self)];
  actor.condition = std::move(condition);
  Ask(self, Request::kUntil);
}

nanoseconds World::Now(Pid self) { return actors_[Index(self)]->clock += kClockTime; }

// A process cannot run its child inside itself, so children start here.
void World::StartNew() {
  for (; started_ < actors_.size(); ++started_) actors_[started_]->fibre->Resume();
}

Step World::Take(const Transition& transition) {
  const Pid pid = transition.actor;
  Step step;
  switch (transition.kind) {
    case Kind::kProceed:
      step = Proceed(pid);
      break;
    case Kind::kHandler:
      step = Deliver(pid);
      break;
    case Kind::kNothing:
      step = EndWait(pid, Waited::End::kNothing, "finds nothing");
      break;
    case Kind::kLimit:
      --rules_.limits;
      step = EndWait(pid, Waited::End::kLimit, "loses patience");
      break;
    case Kind::kDeath:
      step = EndWait(pid, Waited::End::kDeath, "learns of its peer's death");
      break;
    case Kind::kInterrupt:
      --rules_.interrupts;
      step = EndWait(pid, Waited::End::kInterrupt, "is interrupted");
      break;
    case Kind::kStranger: {
      --rules_.strangers;
      const int code = transition.lane == Lane::kPrivate ? SI_TKILL : SI_USER;
      const Pending pending{transition.signal, transition.lane, {code, kForeignPid}};
      step = PostTo(pid, pending, "gets a foreign");
      break;
    }
    case Kind::kKill:
      --rules_.kills;
      Kill(pid);
      step.text = "is killed";
      break;
    case Kind::kDelay:
      --rules_.delays;
      actors_[Index(pid)]->clock += kDelay;
      step.text = "is not run for a while";
      break;
  }
  step.transition = transition;
  return step;
}

Step World::Proceed(Pid pid) {
  Actor& actor = *actors_[Index(pid)];
  Step step;
  actor.clock += kStepTime;
  switch (actor.request) {
    case Request::kSend:
      step = PostTo(actor.target, actor.sending, "sends");
      Observe(actor, kSent);
      break;
    case Request::kWait:
      return TakeSignal(pid);
    case Request::kHandler:
      Observe(actor, kHandled);
      step.text = "goes on";
      break;
    case Request::kDo:
      actor.done = actor.what();
      Observe(actor, kDone + (actor.done << 8));
      if (telling_) step.text = actor.text;
      break;
    case Request::kUntil:
      Observe(actor, kDone);
      step.text = "starts";
      break;
    default:
      Observe(actor, kPaused);
      step.text = "ends its pause";
  }
  Resume(pid);
  return step;
}

Step World::PostTo(Pid target, const Pending& pending, const char* verb) {
  Step step;
  Actor& receiver = *actors_[Index(target)];
  if (receiver.alive && !receiver.finished) {
    if (receiver.pending.empty() && pending.info.sender != kForeignPid) {
      receiver.awake = actors_[Index(pending.info.sender)]->clock;
    }
    step.vanished = !receiver.pending.Post(pending);
  }
  if (telling_) {
    step.text = fmt::format("{} {}{}", verb, Describe(pending.signal, pending.lane),
                            step.vanished ? ", which vanishes" : "");
  }
  return step;
}

// A handler takes the signal; a wait will find it among the handled ones.
Step World::Deliver(Pid pid) {
  Actor& actor = *actors_[Index(pid)];
  const auto taken = actor.pending.Take(actor.order);
  actor.handled.push_back(*taken);
  actor.handler_ran = true;
  Observe(actor, kHandled + (Digest(*taken) << 8));
  Step step;
  step.taken = taken;
  if (telling_) step.text = "handles " + Describe(taken->signal, taken->lane);
  return step;
}

Step World::TakeSignal(Pid pid) {
  Actor& actor = *actors_[Index(pid)];
  actor.clock = std::max(actor.clock, actor.awake);
  std::optional<Pending> taken;
  if (actor.handlers) {
    taken = actor.handled.front();
    actor.handled.erase(actor.handled.begin());
  } else {
    taken = actor.pending.Take(actor.order);
  }
  actor.waited = {Waited::End::kSignal, taken};
  Step step;
  step.taken = taken;
  if (telling_) {
    step.text = fmt::format("{} {}{}", actor.handlers ? "sees" : "takes",
                            Describe(taken->signal, taken->lane),
                            taken->info.sender == kForeignPid ? ", a foreign one" : "");
  }
  ObserveWaited(actor);
  Resume(pid);
  return step;
}

Step World::EndWait(Pid pid, Waited::End end, const char* text) {
  Actor& actor = *actors_[Index(pid)];
  actor.waited = {end, std::nullopt};
  if (end == Waited::End::kNothing) actor.clock += actor.patience;
  actor.clock += kStepTime;
  ObserveWaited(actor);
  Resume(pid);
  Step step;
  step.text = text;
  return step;
}

void World::Kill(Pid pid) {
  Actor& actor = *actors_[Index(pid)];
  actor.alive = false;
  actor.pending.Clear();
  actor.fibre->Resume();
  TellParent(actor, pid);
}

void World::Resume(Pid pid) {
  actors_[Index(pid)]->fibre->Resume();
  StartNew();
}

void World::Observe(Actor& actor, std::uint64_t what) { verify::Add(actor.history, what); }

void World::ObserveWaited(Actor& actor) {
  Observe(actor, kWaited + static_cast<std::uint64_t>(actor.waited.end));
  if (actor.waited.signal) Observe(actor, Digest(*actor.waited.signal));
}

Key World::StateKey() const {
  Key key;
  for (const int budget :
       {rules_.strangers, rules_.kills, rules_.interrupts, rules_.limits, rules_.delays}) {
    verify::Add(key, static_cast<std::uint64_t>(budget));
  }
  for (const auto& actor : actors_) {
    verify::Add(key, actor->alive ? 1 : 2);
    if (!actor->alive) continue;  // nothing of a dead process matters any more
    if (actor->finished) {
      verify::Add(key, actor->outcome << 1 | (actor->gone ? 1u : 0u));
      continue;
    }
    verify::Add(key, actor->history.high);
    verify::Add(key, actor->history.low);
    if (rules_.lockstep) {
      verify::Add(key, static_cast<std::uint64_t>(actor->clock.count()));
      verify::Add(key, static_cast<std::uint64_t>(actor->awake.count()));
    }
    verify::Add(key, actor->handler_ran ? 1 : 0);
    for (const auto& slot : actor->pending.slots()) verify::Add(key, slot ? Digest(*slot) : 0);
  }
  return key;
}

}  // namespace minitalk::verify

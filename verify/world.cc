#include "verify/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <csignal>

namespace minitalk::verify {
namespace {

using std::chrono::nanoseconds;
using Kind = Transition::Kind;

constexpr nanoseconds kDelay{5000};

}  // namespace

std::string ToString(Signal signal, Lane lane) {
  return fmt::format("{}{}", lane == Lane::kPrivate ? "private " : "",
                     signal == Signal::kUsr1 ? "USR1" : "USR2");
}

World::~World() {
  for (const auto& process : processes_) process->Abandon();
}

Process& World::Add(std::string name, Process::Body body, Process* parent) {
  const auto pid = static_cast<Pid>(processes_.size()) + 1;
  assert(pid < kForeignPid);
  processes_.push_back(
      std::make_unique<Process>(rules_, pid, std::move(name), std::move(body), parent));
  return *processes_.back();
}

bool World::paused() const {
  return std::ranges::any_of(processes_, [](const auto& process) { return process->paused(); });
}

// A process cannot run its child inside itself, so children start here.
void World::StartNew() {
  for (; started_ < processes_.size(); ++started_) processes_[started_]->fibre_.Resume();
}

void World::Resume(Process& process) {
  process.fibre_.Resume();
  StartNew();
}

Step World::Take(const Transition& transition) {
  Process& process = At(transition.actor);
  Step step;
  switch (transition.kind) {
    case Kind::kProceed:
      step = Proceed(process);
      break;
    case Kind::kHandler:
      step = RunHandler(process);
      break;
    case Kind::kNothing:
      step = EndWait(process, Waited::End::kNothing, "finds nothing");
      break;
    case Kind::kLimit:
      --rules_.limits;
      step = EndWait(process, Waited::End::kLimit, "times out");
      break;
    case Kind::kDeath:
      step = EndWait(process, Waited::End::kDeath, "learns of its peer's death");
      break;
    case Kind::kInterrupt:
      --rules_.interrupts;
      step = EndWait(process, Waited::End::kInterrupt, "is interrupted");
      break;
    case Kind::kForeign:
      step = PostForeign(process, transition.signal, transition.lane);
      break;
    case Kind::kKill:
      --rules_.kills;
      process.Kill();
      step.text = "is killed";
      break;
    case Kind::kDelay:
      --rules_.delays;
      process.clock_ += kDelay;
      step.text = "is not run for a while";
      break;
  }
  step.transition = transition;
  return step;
}

Step World::Proceed(Process& process) {
  Step step;
  process.clock_ += Process::kStepTime;
  switch (process.request_) {
    case Request::kSend:
      step = PostTo(At(process.target_), process.sending_, "sends");
      process.Observe(Process::kSent);
      break;
    case Request::kWait:
      return TakeSignal(process);
    case Request::kHandler:
      process.Observe(Process::kHandled);
      step.text = "goes on";
      break;
    case Request::kDo:
      process.done_ = process.action_();
      process.Observe(Process::kDone + (process.done_ << 8));
      if (describing_) step.text = process.text_;
      break;
    case Request::kUntil:
      process.Observe(Process::kDone);
      step.text = "starts";
      break;
    default:
      process.Observe(Process::kPaused);
      step.text = "ends its pause";
  }
  Resume(process);
  return step;
}

Step World::PostTo(Process& receiver, const Pending& pending, const char* verb) {
  Step step;
  if (receiver.running()) {
    if (receiver.pending_.empty() && pending.info.sender != kForeignPid) {
      receiver.awake_ = At(pending.info.sender).clock_;
    }
    step.vanished = !receiver.pending_.Post(pending);
  }
  if (describing_) {
    step.text = fmt::format("{} {}{}", verb, ToString(pending.signal, pending.lane),
                            step.vanished ? ", which vanishes" : "");
  }
  return step;
}

Step World::PostForeign(Process& receiver, Signal signal, Lane lane) {
  --rules_.foreign_signals;
  const int code = lane == Lane::kPrivate ? SI_TKILL : SI_USER;
  return PostTo(receiver, {signal, lane, {code, kForeignPid}}, "gets a foreign");
}

Step World::RunHandler(Process& process) {
  Step step;
  step.taken = process.RunHandler();
  if (describing_) step.text = "handles " + ToString(step.taken->signal, step.taken->lane);
  return step;
}

Step World::TakeSignal(Process& process) {
  Step step;
  step.taken = process.TakeSignal();
  if (describing_) {
    step.text = fmt::format("{} {}{}", process.handlers_ ? "sees" : "takes",
                            ToString(step.taken->signal, step.taken->lane),
                            step.taken->info.sender == kForeignPid ? ", a foreign one" : "");
  }
  Resume(process);
  return step;
}

Step World::EndWait(Process& process, Waited::End end, const char* text) {
  process.EndWait(end);
  Resume(process);
  Step step;
  step.text = text;
  return step;
}

Key World::StateKey() const {
  Key key;
  for (const int budget :
       {rules_.foreign_signals, rules_.kills, rules_.interrupts, rules_.limits, rules_.delays}) {
    key.Add(static_cast<std::uint64_t>(budget));
  }
  for (const auto& process : processes_) process->AddState(rules_.lockstep, &key);
  return key;
}

}  // namespace minitalk::verify

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

Process& World::AddThread(std::string name, Process::Body body, Process& leader,
                          std::function<bool()> open) {
  Process& thread = Add(std::move(name), std::move(body));
  thread.set_thread_of(leader, std::move(open));
  return thread;
}

void World::Kill(Process& process) {
  process.Kill();
  for (const auto& other : processes_) {
    if (other->leader_ == &process) other->Kill();
  }
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

Step World::Take(const Transition& transition) { return {transition, Do(transition)}; }

std::string World::Do(const Transition& transition) {
  Process& process = At(transition.actor);
  switch (transition.kind) {
    case Kind::kProceed:
      return Proceed(process);
    case Kind::kHandler:
      return RunHandler(process);
    case Kind::kNothing:
      return EndWait(process, Waited::End::kNothing, "finds nothing");
    case Kind::kLimit:
      --rules_.limits;
      return EndWait(process, Waited::End::kLimit, "times out");
    case Kind::kDeath:
      return EndWait(process, Waited::End::kDeath, "learns of its peer's death");
    case Kind::kInterrupt:
      --rules_.interrupts;
      return EndWait(process, Waited::End::kInterrupt, "is interrupted");
    case Kind::kForeign:
      --rules_.foreign_signals;
      return PostTo(process,
                    {transition.signal,
                     transition.lane,
                     {transition.lane == Lane::kPrivate ? SI_TKILL : SI_USER, kForeignPid}},
                    "gets a foreign");
    case Kind::kKill:
      --rules_.kills;
      Kill(process);
      return "is killed";
    case Kind::kDelay:
      --rules_.delays;
      process.clock_ += kDelay;
      return "is not run for a while";
  }
  return "";
}

std::string World::Proceed(Process& process) {
  process.clock_ += Process::kStepTime;
  std::string text;
  switch (process.request_) {
    case Request::kSend:
      text = PostTo(At(process.target_), process.sending_, "sends");
      process.Observe(Process::kSent);
      break;
    case Request::kWait:
      return TakeSignal(process);
    case Request::kHandler:
      process.Observe(Process::kHandled);
      text = "goes on";
      break;
    case Request::kDo:
      process.done_ = process.action_();
      process.Observe(Process::kDone + (process.done_ << 8));
      if (describing_) text = process.text_;
      break;
    case Request::kUntil:
      process.Observe(Process::kDone);
      text = "starts";
      break;
    default:
      process.Observe(Process::kPaused);
      text = "ends its pause";
  }
  Resume(process);
  return text;
}

std::string World::PostTo(Process& receiver, const Pending& pending, const char* verb) {
  bool vanishes = false;
  if (receiver.running()) {
    if (receiver.pending_.empty() && pending.info.sender != kForeignPid) {
      receiver.awake_ = At(pending.info.sender).clock_;
    }
    vanishes = !receiver.pending_.Post(pending);
  }
  if (!describing_) return "";
  return fmt::format("{} {}{}", verb, ToString(pending.signal, pending.lane),
                     vanishes ? ", which vanishes" : "");
}

std::string World::RunHandler(Process& process) {
  const Pending taken = process.RunHandler();
  return describing_ ? "handles " + ToString(taken.signal, taken.lane) : "";
}

std::string World::TakeSignal(Process& process) {
  const Pending taken = process.TakeSignal();
  Resume(process);
  if (!describing_) return "";
  return fmt::format("{} {}{}", process.handlers_ ? "sees" : "takes",
                     ToString(taken.signal, taken.lane),
                     taken.info.sender == kForeignPid ? ", a foreign one" : "");
}

std::string World::EndWait(Process& process, Waited::End end, const char* text) {
  process.EndWait(end);
  Resume(process);
  return text;
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

#include "verify/process.h"

#include <algorithm>
#include <csignal>

#include "verify/world.h"

namespace minitalk::verify {

using std::chrono::nanoseconds;

Process::Process(const Rules& rules, Pid pid, std::string name, Body body, Process* parent)
    : rules_(rules),
      pid_(pid),
      name_(std::move(name)),
      parent_(parent),
      fibre_([this, body = std::move(body)] { RunBody(body); }) {}

void Process::RunBody(const Body& body) {
  try {
    if (!abandoned_) body(*this);
  } catch (const Abandoned&) {
    return;
  }
  finished_ = true;
  NotifyParent();
}

// A shared USR2 stands for SIGCHLD, which is a higher number than USR1 too, and coalesces as well.
void Process::NotifyParent() {
  if (parent_ == nullptr || !parent_->running()) return;
  parent_->pending_.Post({Signal::kUsr2, Lane::kShared, {.code = CLD_EXITED, .sender = pid_}});
}

// Stops the code until its request is granted.
void Process::Ask(Request request) {
  if (abandoned_) throw Abandoned();
  request_ = request;
  fibre_.Yield();
  if (abandoned_ || killed_) throw Abandoned();
}

void Process::Abandon() {
  abandoned_ = true;
  if (!fibre_.done()) fibre_.Resume();
}

void Process::Kill() {
  killed_ = true;
  pending_.Clear();
  fibre_.Resume();
  NotifyParent();
}

void Process::Send(Pid target, const Pending& pending) {
  target_ = target;
  sending_ = pending;
  sending_.info.sender = leader_ == nullptr ? pid_ : leader_->pid_;
  Ask(Request::kSend);
}

Waited Process::Wait(nanoseconds timeout, Pid peer) {
  timeout_ = timeout;
  target_ = peer;
  Ask(Request::kWait);
  return waited_;
}

void Process::PauseForHandler() {
  Do("pauses", [this] {
    handler_ran_ = false;
    return 0;
  });
  Ask(Request::kHandler);
}

std::uint64_t Process::Do(std::string text, std::function<std::uint64_t()> action) {
  text_ = std::move(text);
  action_ = std::move(action);
  Ask(Request::kDo);
  return done_;
}

void Process::Pause(nanoseconds gap) {
  paused_ = true;
  clock_ += gap;
  // Where a pause guarantees nothing it is no step: the next one may come as late as it likes.
  if (rules_.pauses == Rules::Pauses::kAnyTime && !rules_.lockstep) return;
  timeout_ = gap;
  Ask(Request::kPause);
}

void Process::Until(std::function<bool()> condition) {
  condition_ = std::move(condition);
  Ask(Request::kUntil);
}

nanoseconds Process::Now() { return clock_ += kClockTime; }

// By a wait, from the slots; or of those that handlers have taken, the first.
Pending Process::TakeSignal() {
  clock_ = std::max(clock_, awake_);
  std::optional<Pending> taken;
  if (handlers_) {
    taken = handled_.front();
    handled_.erase(handled_.begin());
  } else {
    taken = pending_.Take(order_);
  }
  waited_ = {Waited::End::kSignal, taken};
  ObserveWaited();
  return *taken;
}

// The handler takes the signal; a wait will find it among the handled ones.
Pending Process::RunHandler() {
  const Pending taken = *pending_.Take(order_);
  handled_.push_back(taken);
  handler_ran_ = true;
  Observe(kHandled + (Digest(taken) << 8));
  return taken;
}

void Process::EndWait(Waited::End end) {
  waited_ = {end, std::nullopt};
  if (end == Waited::End::kNothing) clock_ += timeout_;
  clock_ += kStepTime;
  ObserveWaited();
}

void Process::ObserveWaited() {
  Observe(kWaited + static_cast<std::uint64_t>(waited_.end));
  if (waited_.signal) Observe(Digest(*waited_.signal));
}

void Process::AddState(bool lockstep, Key* key) const {
  key->Add(killed_ ? 2 : 1);
  if (killed_) return;  // nothing of a dead process matters any more
  if (finished_) return key->Add(outcome_ << 1 | (exited_ ? 1u : 0u));
  key->Add(history_.high);
  key->Add(history_.low);
  if (lockstep) {
    key->Add(static_cast<std::uint64_t>(clock_.count()));
    key->Add(static_cast<std::uint64_t>(awake_.count()));
  }
  key->Add(handler_ran_ ? 1 : 0);
  for (const auto& slot : pending_.slots()) key->Add(slot ? Digest(*slot) : 0);
}

}  // namespace minitalk::verify

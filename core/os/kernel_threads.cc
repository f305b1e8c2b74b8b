#include "core/os/kernel_threads.h"

#include <sched.h>

#include <algorithm>
#include <type_traits>

#include "core/os/kernel_link.h"
#include "core/os/signals.h"

namespace minitalk {

using std::chrono::nanoseconds;

static_assert(std::is_same_v<ThreadId, pid_t>);

void KernelThreads::Send(ThreadId thread, Signal signal) {
  if (!link_.ok()) return;
  ++link_.counters_.sent;
  const Status status = link_.peer_.SendToThread(thread, NumberOf(signal));
  if (status != Status::kOk) link_.Fail(status);
}

std::span<const ThreadId> KernelThreads::Make(std::size_t count) {
  const nanoseconds start = link_.Now();
  pool_.Grow(std::min(count, most_));
  setup_ += link_.Now() - start;
  return pool_.ids();
}

bool KernelThreads::apart() const { return link_.wait_ != WaitMode::kSleep; }

void KernelThreads::OnSignal(Run& run, std::size_t thread, int number,
                             const siginfo_t& info) const {
  if (AuthenticSender(info) != link_.peer_.pid()) {
    ++run.strangers;
    if (IsAnonymous(info)) ++run.anonymous;
    return;
  }
  ++run.received;
  const bool is_private = info.si_code == SI_TKILL;
  const auto reaction = is_private ? run.taker.Take(thread, SignalOf(number))
                                   : Taker::Reaction{.status = Status::kGarbled};
  Status status = reaction.status;
  if (reaction.answer) {
    ++run.sent;
    status = link_.peer_.Send(NumberOf(*reaction.answer));
  }
  if (status == Status::kOk && !reaction.ends) return;
  run.status = status;
  run.ended = true;
  pool_.WakeOwner();
}

void KernelThreads::Serve(std::size_t count, Taker& taker) {
  if (!link_.ok()) return;
  Run run{.taker = taker};
  pool_.Start(count, [&](std::size_t thread, int number, const siginfo_t& info) {
    OnSignal(run, thread, number, info);
  });
  AwaitEnd(run);
  pool_.Stop();
  link_.counters_.received += run.received;
  link_.counters_.sent += run.sent;
  link_.counters_.strangers += run.strangers;
  link_.counters_.anonymous += run.anonymous;
  if (run.status != Status::kOk) link_.Fail(run.status);
  if (!run.ended) link_.Fail(link_.WhyStalled());
}

// Returns once the run has ended, or waiting any longer is pointless. The time in which nothing
// arrives counts. Where both ends run at once this thread yields instead of sleeping: then its CPU
// never idles, and waking a thread there takes no interrupt.
void KernelThreads::AwaitEnd(Run& run) {
  std::uint64_t seen = 0;
  int ticks = 0;
  while (!run.ended) {
    if (!TakeTick()) continue;
    const std::uint64_t arrivals = run.received;
    if (run.strangers > 0) link_.arrivals_until_stall_ = 1;
    const bool progress = arrivals != seen;
    seen = arrivals;
    ticks = progress ? 0 : ticks + 1;
    // What the peer sent just before it died still counts.
    if (!progress && !link_.MayWait(ticks * KernelLink::kTick)) return;
  }
}

// Lets the others run, until the link's clock ticks or the owner is woken. False: it did not tick.
bool KernelThreads::TakeTick() const {
  static const sigset_t kAlarm = SetOf({SIGALRM});
  constexpr timespec kNoTime = {};
  constexpr int kYieldsBetweenLooks = 64;
  if (apart()) {
    for (int i = 0; i < kYieldsBetweenLooks; ++i) sched_yield();
  }
  siginfo_t info = {};
  return Dequeue(kAlarm, &info, apart() ? &kNoTime : nullptr) == SIGALRM;
}

}  // namespace minitalk

#include "core/os/kernel_link.h"

#include <sys/prctl.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "core/os/signals.h"

namespace minitalk {
namespace {

using std::chrono::nanoseconds;
using Clock = std::chrono::steady_clock;

// Once a foreign signal has filled a slot, the peer's own may have coalesced into it: then
// nothing will come any more, and there is no point in waiting for long. What is under way in the
// other slots still comes first, and what the peer sends in answer: each slot twice at most.
constexpr std::chrono::milliseconds kTimeoutAfterForeign{1000};
constexpr int kArrivalsUntilStall = 8;

// More foreign signals than this in one look are a storm; the look ends.
constexpr int kStormSize = 1000;

// WaitMode::kAuto polls at most so often before it sleeps: some 40 us, about twice what it costs to
// wake a sleeping CPU.
constexpr int kMostPolls = 256;

// Where polling was in vain all the time it is tried again every so many waits.
constexpr int kProbeEvery = 64;

// A gap that is shorter than this cannot be slept accurately, even with a timer slack of 1 ns.
constexpr nanoseconds kShortestSleep{20'000};

}  // namespace

KernelLink::KernelLink(Process peer, WaitMode wait, std::chrono::milliseconds timeout)
    : peer_(std::move(peer)), wait_(wait), timeout_(timeout), polls_(kMostPolls), ticker_(kTick) {
  prctl(PR_SET_TIMERSLACK, kTimerSlackNs);
}

void KernelLink::Send(Signal signal, Lane lane, const Payload* payload) {
  if (!ok()) return;
  ++counters_.sent;
  if (const Status status = Transmit(signal, lane, payload); status != Status::kOk) Fail(status);
}

Status KernelLink::Transmit(Signal signal, Lane lane, const Payload* payload) const {
  const int number = NumberOf(signal);
  if (payload != nullptr) {
    const siginfo_t info = EncodePayload(number, lane, *payload, nonce_);
    return lane == Lane::kShared ? peer_.Send(number, &info) : peer_.SendPrivately(number, &info);
  }
  return lane == Lane::kShared ? peer_.Send(number) : peer_.SendPrivately(number);
}

// The peer's signals; nothing for anybody else's.
std::optional<Arrival> KernelLink::Recognize(int number, const siginfo_t& info,
                                             Payload* payload) const {
  const Signal signal = SignalOf(number);
  if (AuthenticSender(info) == peer_.pid()) {
    return Arrival{signal, info.si_code == SI_TKILL ? Lane::kPrivate : Lane::kShared};
  }
  if (payload == nullptr) return std::nullopt;
  const auto lane = DecodePayload(info, nonce_, peer_.pid(), payload);
  return lane ? std::optional(Arrival{signal, *lane, true}) : std::nullopt;
}

std::optional<Arrival> KernelLink::Examine(int number, const siginfo_t& info, Payload* payload) {
  if (const auto arrival = Recognize(number, info, payload)) {
    ++counters_.received;
    arrivals_until_stall_ = std::max(arrivals_until_stall_ - 1, 0);
    return arrival;
  }
  arrivals_until_stall_ = kArrivalsUntilStall;
  ++counters_.strangers;
  if (IsAnonymous(info)) ++counters_.anonymous;
  return std::nullopt;
}

std::optional<Arrival> KernelLink::WaitFor(nanoseconds timeout, Payload* payload) {
  if (!ok()) return std::nullopt;
  if (timeout == kUntilTimeout) return WaitUntilTimeout(payload);
  static const sigset_t kSet = SetOf({SIGUSR1, SIGUSR2});
  const timespec spec = ToTimespec(timeout);
  siginfo_t info = {};
  for (int strangers = 0; strangers < kStormSize;) {
    const int number = Dequeue(kSet, &info, &spec);
    if (number < 0 && errno == EINTR) continue;
    if (number < 0 && errno != EAGAIN) Fail(Status::kSystemFailed);
    if (number <= 0) return std::nullopt;
    if (const auto arrival = Examine(number, info, payload)) return arrival;
    ++strangers;
  }
  return std::nullopt;
}

std::optional<Arrival> KernelLink::WaitUntilTimeout(Payload* payload) {
  // SIGALRM is in the set because a timeout for each wait would cost 5 % of a round trip.
  static const sigset_t kSet = SetOf({SIGUSR1, SIGUSR2, SIGALRM});
  static constexpr timespec kNoTime = {};
  siginfo_t info = {};
  int polls_left = wait_ == WaitMode::kSpin ? -1 : wait_ == WaitMode::kAuto ? PollsToTry() : 0;
  const bool polls = polls_left > 0;
  std::optional<Clock::time_point> storm_end;  // set by the first stranger of this wait
  for (int ticks = 0;;) {
    const bool sleep = polls_left == 0;
    if (polls_left > 0) --polls_left;
    const int number = Dequeue(kSet, &info, sleep ? nullptr : &kNoTime);
    if (number == SIGALRM) {
      if (!MayWait(++ticks * kTick)) return TakeLastArrival(payload);
    } else if (number > 0) {
      if (const auto arrival = Examine(number, info, payload)) {
        if (polls) Learn(!sleep);
        return arrival;
      }
      // A storm can keep both slots full, and SIGALRM, the higher number, would never get its turn.
      if (!storm_end) storm_end = Clock::now() + kTimeoutAfterForeign;
      if (Clock::now() > *storm_end) return TakeLastArrival(payload);
    } else if (errno != EAGAIN && errno != EINTR) {
      Fail(Status::kSystemFailed);
      return std::nullopt;
    }
  }
}

// Polling pays only while the peer runs at the same time, on another CPU. Under load it does not,
// and polls would only keep it from running: so each vain attempt halves the next one, and each
// success doubles it.
int KernelLink::PollsToTry() {
  if (polls_ > 0) return polls_;
  if (++waits_without_poll_ < kProbeEvery) return 0;
  waits_without_poll_ = 0;
  return kMostPolls;
}

void KernelLink::Learn(bool polling_paid) {
  if (polling_paid) {
    polls_ = std::min(std::max(2 * polls_, 16), kMostPolls);
  } else {
    polls_ /= 2;
  }
}

// False once waiting any longer is pointless.
bool KernelLink::MayWait(std::chrono::milliseconds waited) const {
  const auto timeout =
      arrivals_until_stall_ > 0 ? std::min(timeout_, kTimeoutAfterForeign) : timeout_;
  return peer_.Alive() && waited < timeout;
}

// What the peer sent just before it died, or before we timed out, still counts.
std::optional<Arrival> KernelLink::TakeLastArrival(Payload* payload) {
  const Status why = WhyStalled();
  const auto arrival = WaitFor(nanoseconds(0), payload);
  if (!arrival) Fail(why == Status::kPeerDied ? why : WhyStalled());
  return arrival;
}

Status KernelLink::WhyStalled() const {
  if (!peer_.Alive()) return Status::kPeerDied;
  if (counters_.anonymous > 0) return Status::kDegraded;
  return arrivals_until_stall_ > 0 ? Status::kInterfered : Status::kTimedOut;
}

Status KernelLink::Cause(Status status) const {
  if (status != Status::kGarbled && status != Status::kOtherVersion) return status;
  if (counters_.anonymous > 0) return Status::kDegraded;
  return counters_.strangers > 0 ? Status::kInterfered : status;
}

nanoseconds KernelLink::Now() { return Clock::now().time_since_epoch(); }

void KernelLink::Pause(nanoseconds gap) {
  if (gap <= nanoseconds(0) || !ok()) return;
  const auto end = Clock::now() + gap;
  const bool spin = wait_ == WaitMode::kSpin || (wait_ == WaitMode::kAuto && gap < kShortestSleep);
  if (spin) {
    while (Clock::now() < end) {
    }
    return;
  }
  // steady_clock is CLOCK_MONOTONIC; an absolute end makes EINTR harmless.
  const timespec until = ToTimespec(end.time_since_epoch());
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

}  // namespace minitalk

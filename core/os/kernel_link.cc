#include "core/os/kernel_link.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <system_error>

namespace minitalk {
namespace {

using std::chrono::nanoseconds;
using Clock = std::chrono::steady_clock;

// The kernel's sigset is 64 bits, whatever the size of glibc's sigset_t.
constexpr std::size_t kKernelSigsetBytes = 8;

// The link's own clock: how often a waiting process looks whether its peer still lives.
constexpr std::chrono::milliseconds kTick{50};

// Once a stranger's signal has filled a slot, the peer's own may have coalesced into it: then
// nothing will come any more, and there is no point in waiting for long. What is under way in the
// other slots still comes first, and what the peer sends in answer: each slot twice at most.
constexpr std::chrono::milliseconds kLimitAfterStranger{1000};
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

// How often a send is tried again that failed for no documented reason.
constexpr int kSendTries = 100;

sigset_t SetOf(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  return set;
}

timespec ToTimespec(nanoseconds time) {
  return {.tv_sec = static_cast<time_t>(time.count() / 1'000'000'000),
          .tv_nsec = static_cast<long>(time.count() % 1'000'000'000)};
}

// The raw call, because glibc's sigtimedwait reports SI_TKILL as SI_USER. Returns the signal's
// number, or -1 with errno EAGAIN (nothing within the timeout; null: none) or EINTR.
int Dequeue(const sigset_t& set, siginfo_t* info, const timespec* timeout) {
  return static_cast<int>(syscall(SYS_rt_sigtimedwait, &set, info, timeout, kKernelSigsetBytes));
}

// si_pid can be trusted only where the kernel fills it in.
pid_t AuthenticSender(const siginfo_t& info) {
  const bool filled_by_kernel = info.si_code == SI_USER || info.si_code == SI_TKILL;
  return filled_by_kernel && info.si_pid > 0 ? info.si_pid : 0;
}

// For calls that cannot fail on a sane system: without them nothing here can be relied on.
void Must(int result, const char* call) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), call);
}

// Nothing: none of them within the timeout (null: no limit), or interrupted.
std::optional<Caught> TakeOne(std::initializer_list<int> signals, const timespec* timeout) {
  siginfo_t info = {};
  const int number = Dequeue(SetOf(signals), &info, timeout);
  if (number < 0 && errno != EINTR && errno != EAGAIN) Must(number, "rt_sigtimedwait");
  if (number <= 0) return std::nullopt;
  return Caught{number, AuthenticSender(info)};
}

void Ignore(int) {}

void Install(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_mask = SetOf({SIGUSR1, SIGUSR2});
  action.sa_flags = SA_RESTART;
  Must(sigaction(signal, &action, nullptr), "sigaction");
}

void StartTicking(std::chrono::milliseconds period) {
  const timeval every = {.tv_sec = 0, .tv_usec = static_cast<suseconds_t>(period.count() * 1000)};
  const itimerval timer = {.it_interval = every, .it_value = every};
  Must(setitimer(ITIMER_REAL, &timer, nullptr), "setitimer");
}

Status StatusOfSendError(int error) {
  if (error == ESRCH) return Status::kPeerDied;
  if (error == EPERM) return Status::kNotPermitted;
  return Status::kSystemFailed;
}

// Tries a sending system call until it succeeds or fails for a documented reason.
template <typename Call>
Status TrySending(Call call) {
  for (int tries = 0; tries < kSendTries; ++tries) {
    if (call() == 0) return Status::kOk;
    if (errno != EINTR && errno != EAGAIN) break;
  }
  return StatusOfSendError(errno);
}

// To the private set of the main thread, whose id is the process's.
Status SendPrivately(pid_t pid, int number, const siginfo_t* info) {
  if (info != nullptr) {
    return TrySending([&] { return syscall(SYS_rt_tgsigqueueinfo, pid, pid, number, info); });
  }
  return TrySending([&] { return syscall(SYS_tgkill, pid, pid, number); });
}

}  // namespace

void PrepareSignals(const char* name, std::initializer_list<int> also_wait_for) {
  assert(std::strlen(name) <= 15);
  sigset_t blocked = SetOf({SIGUSR1, SIGUSR2, SIGALRM});
  for (const int signal : also_wait_for) sigaddset(&blocked, signal);
  Must(sigprocmask(SIG_SETMASK, &blocked, nullptr), "sigprocmask");
  for (const int signal : {SIGUSR1, SIGUSR2, SIGALRM, SIGCHLD}) {
    Install(signal, SIG_IGN);  // discards what an earlier program left pending
    Install(signal, signal == SIGCHLD ? SIG_DFL : Ignore);
  }
  Install(SIGPIPE, SIG_IGN);
  // Last: whoever finds the name may rely on the rest.
  Must(prctl(PR_SET_NAME, name), "prctl(PR_SET_NAME)");
}

void Unblock(std::initializer_list<int> signals) {
  const sigset_t set = SetOf(signals);
  Must(sigprocmask(SIG_UNBLOCK, &set, nullptr), "sigprocmask");
}

void RestoreDefault(int signal) { Install(signal, SIG_DFL); }

bool IsIgnored(int signal) {
  struct sigaction action = {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

bool AsksToEnd(int signal) { return signal == SIGTERM || !IsIgnored(signal); }

void CatchTermination(void (*handler)(int)) {
  for (const int signal : {SIGINT, SIGTERM}) {
    if (AsksToEnd(signal)) Install(signal, handler);
  }
}

HoldTermination::HoldTermination() {
  const sigset_t set = SetOf({SIGTERM, SIGINT, SIGHUP});
  held_ = sigprocmask(SIG_BLOCK, &set, &before_) == 0;
}

HoldTermination::~HoldTermination() {
  if (held_) sigprocmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<Caught> TakeSignal(std::initializer_list<int> signals) {
  return TakeOne(signals, nullptr);
}

std::optional<Caught> TakeSignalFor(nanoseconds patience, std::initializer_list<int> signals) {
  const timespec timeout = ToTimespec(std::max(patience, nanoseconds(0)));
  return TakeOne(signals, &timeout);
}

int NumberOf(Signal signal) { return signal == Signal::kUsr1 ? SIGUSR1 : SIGUSR2; }
Signal SignalOf(int number) { return number == SIGUSR1 ? Signal::kUsr1 : Signal::kUsr2; }

Status Process::Open(pid_t pid, std::optional<Process>* process) {
  // glibc 2.36 declares pidfd_open without extern "C", so C++ cannot link to it.
  Fd fd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!fd.valid()) return errno == ESRCH ? Status::kNoProcess : Status::kSystemFailed;
  process->emplace(Process(pid, std::move(fd)));
  return (*process)->Alive() ? Status::kOk : Status::kNoProcess;
}

bool Process::Alive() const { return !AwaitEnd(std::chrono::milliseconds(0)); }

bool Process::AwaitEnd(std::chrono::milliseconds patience) const {
  pollfd end = {.fd = fd_.get(), .events = POLLIN, .revents = 0};
  return poll(&end, 1, static_cast<int>(patience.count())) == 1;
}

Status Process::Send(int signal, const siginfo_t* info) const {
  return TrySending([&] { return syscall(SYS_pidfd_send_signal, fd_.get(), signal, info, 0); });
}

KernelLink::KernelLink(Process peer, WaitMode wait, std::chrono::milliseconds limit)
    : peer_(std::move(peer)), wait_(wait), limit_(limit), polls_(kMostPolls) {
  prctl(PR_SET_TIMERSLACK, kTimerSlackNs);
  StartTicking(kTick);
}

KernelLink::~KernelLink() {
  const itimerval never = {};
  setitimer(ITIMER_REAL, &never, nullptr);
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
    return lane == Lane::kShared ? peer_.Send(number, &info)
                                 : SendPrivately(peer_.pid(), number, &info);
  }
  return lane == Lane::kShared ? peer_.Send(number) : SendPrivately(peer_.pid(), number, nullptr);
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
    suspicion_ = std::max(suspicion_ - 1, 0);
    return arrival;
  }
  suspicion_ = kArrivalsUntilStall;
  ++counters_.strangers;
  if (info.si_code == SI_USER && info.si_pid == 0) ++counters_.anonymous;
  return std::nullopt;
}

std::optional<Arrival> KernelLink::WaitFor(nanoseconds patience, Payload* payload) {
  if (!ok()) return std::nullopt;
  if (patience == kUntilLimit) return WaitUntilLimit(payload);
  static const sigset_t kSet = SetOf({SIGUSR1, SIGUSR2});
  const timespec timeout = ToTimespec(patience);
  siginfo_t info = {};
  for (int strangers = 0; strangers < kStormSize;) {
    const int number = Dequeue(kSet, &info, &timeout);
    if (number < 0 && errno == EINTR) continue;
    if (number < 0 && errno != EAGAIN) Fail(Status::kSystemFailed);
    if (number <= 0) return std::nullopt;
    if (const auto arrival = Examine(number, info, payload)) return arrival;
    ++strangers;
  }
  return std::nullopt;
}

std::optional<Arrival> KernelLink::WaitUntilLimit(Payload* payload) {
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
      if (!MayWait(++ticks * kTick)) return LastWords(payload);
    } else if (number > 0) {
      if (const auto arrival = Examine(number, info, payload)) {
        if (polls) Learn(!sleep);
        return arrival;
      }
      // A storm can keep both slots full, and SIGALRM, the higher number, would never get its turn.
      if (!storm_end) storm_end = Clock::now() + kLimitAfterStranger;
      if (Clock::now() > *storm_end) return LastWords(payload);
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
  const auto limit = suspicion_ > 0 ? std::min(limit_, kLimitAfterStranger) : limit_;
  return peer_.Alive() && waited < limit;
}

// What the peer sent just before it died, or before we lost patience, still counts.
std::optional<Arrival> KernelLink::LastWords(Payload* payload) {
  const bool alive = peer_.Alive();
  const bool disturbed = suspicion_ > 0;
  if (const auto arrival = WaitFor(nanoseconds(0), payload)) return arrival;
  if (!alive) {
    Fail(Status::kPeerDied);
  } else if (counters_.anonymous > 0) {
    Fail(Status::kDegraded);
  } else {
    Fail(disturbed ? Status::kInterfered : Status::kTimedOut);
  }
  return std::nullopt;
}

Status KernelLink::Cause(Status status) const {
  if (status != Status::kGarbled) return status;
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

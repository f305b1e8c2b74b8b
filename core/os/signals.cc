#include "core/os/signals.h"

#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/os/process_facts.h"
#include "core/os/system_error.h"

namespace minitalk {
namespace {

using std::chrono::nanoseconds;

// The kernel's sigset is 64 bits, whatever the size of glibc's sigset_t.
constexpr std::size_t kKernelSigsetBytes = 8;

// Nothing: none of them within the timeout (null: no limit), or interrupted.
std::optional<Caught> TakeOne(std::initializer_list<int> signals, const timespec* timeout) {
  siginfo_t info = {};
  const int number = Dequeue(SetOf(signals), &info, timeout);
  if (number < 0 && errno != EINTR && errno != EAGAIN) Require(number, "rt_sigtimedwait");
  if (number <= 0) return std::nullopt;
  return Caught{number, AuthenticSender(info)};
}

void Ignore(int) {}

void Install(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_mask = SetOf({SIGUSR1, SIGUSR2});
  action.sa_flags = SA_RESTART;
  Require(sigaction(signal, &action, nullptr), "sigaction");
}

}  // namespace

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

// Not glibc's sigtimedwait, which reports SI_TKILL as SI_USER.
int Dequeue(const sigset_t& set, siginfo_t* info, const timespec* timeout) {
  return static_cast<int>(syscall(SYS_rt_sigtimedwait, &set, info, timeout, kKernelSigsetBytes));
}

// si_pid can be trusted only where the kernel fills it in.
pid_t AuthenticSender(const siginfo_t& info) {
  const bool filled_by_kernel = info.si_code == SI_USER || info.si_code == SI_TKILL;
  return filled_by_kernel && info.si_pid > 0 ? info.si_pid : 0;
}

bool IsAnonymous(const siginfo_t& info) { return info.si_code == SI_USER && info.si_pid == 0; }

void PrepareSignals(const char* name, std::initializer_list<int> also_wait_for) {
  sigset_t blocked = SetOf({SIGUSR1, SIGUSR2, SIGALRM});
  for (const int signal : also_wait_for) sigaddset(&blocked, signal);
  Require(sigprocmask(SIG_SETMASK, &blocked, nullptr), "sigprocmask");
  for (const int signal : {SIGUSR1, SIGUSR2, SIGALRM, SIGCHLD}) {
    Install(signal, SIG_IGN);  // discards what an earlier program left pending
    Install(signal, signal == SIGCHLD ? SIG_DFL : Ignore);
  }
  Install(SIGPIPE, SIG_IGN);
  // Last: whoever finds the name may rely on the rest.
  SetProcessName(name);
}

void Unblock(std::initializer_list<int> signals) {
  const sigset_t set = SetOf(signals);
  Require(sigprocmask(SIG_UNBLOCK, &set, nullptr), "sigprocmask");
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

std::optional<Caught> TakeSignalFor(nanoseconds timeout, std::initializer_list<int> signals) {
  const timespec spec = ToTimespec(std::max(timeout, nanoseconds(0)));
  return TakeOne(signals, &spec);
}

int NumberOf(Signal signal) { return signal == Signal::kUsr1 ? SIGUSR1 : SIGUSR2; }
Signal SignalOf(int number) { return number == SIGUSR1 ? Signal::kUsr1 : Signal::kUsr2; }

Ticker::Ticker(std::chrono::milliseconds period) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(period);
  const timeval every = {.tv_sec = seconds.count(),
                         .tv_usec = std::chrono::microseconds(period - seconds).count()};
  const itimerval timer = {.it_interval = every, .it_value = every};
  Require(setitimer(ITIMER_REAL, &timer, nullptr), "setitimer");
}

Ticker::~Ticker() {
  const itimerval never = {};
  setitimer(ITIMER_REAL, &never, nullptr);
}

}  // namespace minitalk

#include "bench/floor.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <ctime>

#include "core/os/siginfo_codec.h"

namespace minitalk {
namespace {

constexpr std::size_t kKernelSigsetBytes = 8;

// Under kAuto: about as long as the link polls at most before it sleeps.
constexpr int kPollsBeforeSleep = 256;

using Clock = std::chrono::steady_clock;

double NsBetween(Clock::time_point start, Clock::time_point end) {
  return std::chrono::duration<double, std::nano>(end - start).count();
}

// Takes SIGUSR1 in one of the three ways of waiting.
class Taker {
 public:
  explicit Taker(WaitMode wait) : wait_(wait) {
    sigemptyset(&set_);
    sigaddset(&set_, SIGUSR1);
  }

  void Take() const {
    static constexpr timespec kNoTime = {};
    siginfo_t info;
    for (int polls = 0;; ++polls) {
      const bool poll =
          wait_ == WaitMode::kSpin || (wait_ == WaitMode::kAuto && polls < kPollsBeforeSleep);
      const timespec* timeout = poll ? &kNoTime : nullptr;
      if (syscall(SYS_rt_sigtimedwait, &set_, &info, timeout, kKernelSigsetBytes) > 0) return;
    }
  }

 private:
  WaitMode wait_;
  sigset_t set_ = {};
};

}  // namespace

double PingPong(pid_t peer, int rounds, WaitMode wait, bool starts) {
  const Taker taker(wait);
  const auto start = Clock::now();
  for (int i = 0; i < rounds; ++i) {
    if (starts) kill(peer, SIGUSR1);
    taker.Take();
    if (!starts) kill(peer, SIGUSR1);
  }
  return rounds > 0 ? NsBetween(start, Clock::now()) / rounds : 0;
}

double PayloadSendCost(pid_t peer, int rounds, WaitMode wait, bool starts) {
  const Taker taker(wait);
  const siginfo_t info = EncodePayload(SIGUSR1, Lane::kPrivate, Payload{}, 0);
  double in_calls_ns = 0;
  for (int i = 0; i < rounds; ++i) {
    if (starts) {
      const auto start = Clock::now();
      syscall(SYS_rt_tgsigqueueinfo, peer, peer, SIGUSR1, &info);
      in_calls_ns += NsBetween(start, Clock::now());
    }
    taker.Take();
    if (!starts) kill(peer, SIGUSR1);
  }
  return rounds > 0 ? in_calls_ns / rounds : 0;
}

}  // namespace minitalk

#include "bench/floor.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <ctime>

#include "bench/statistics.h"
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

// Takes either signal in one of the three ways of waiting.
class SignalTaker {
 public:
  explicit SignalTaker(WaitMode wait) : wait_(wait) {
    sigemptyset(&set_);
    sigaddset(&set_, SIGUSR1);
    sigaddset(&set_, SIGUSR2);
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

// Into both lanes of this process.
void SendToSelf(int number, bool with_payload) {
  const pid_t self = getpid();
  if (!with_payload) {
    kill(self, number);
    syscall(SYS_tgkill, self, self, number);
    return;
  }
  const siginfo_t info = EncodePayload(number, Lane::kPrivate, Payload{}, 0);
  syscall(SYS_rt_sigqueueinfo, self, number, &info);
  syscall(SYS_rt_tgsigqueueinfo, self, self, number, &info);
}

}  // namespace

CallCosts MeasureCalls(bool with_payload) {
  constexpr int kTimes = 501;
  constexpr int kSlots = 4;
  std::vector<double> sends;
  std::vector<double> takes;
  const SignalTaker taker(WaitMode::kSpin);
  for (int i = 0; i < kTimes; ++i) {
    const auto start = Clock::now();
    SendToSelf(SIGUSR1, with_payload);
    SendToSelf(SIGUSR2, with_payload);
    const auto sent = Clock::now();
    for (int taken = 0; taken < kSlots; ++taken) taker.Take();
    sends.push_back(NsBetween(start, sent) / kSlots);
    takes.push_back(NsBetween(sent, Clock::now()) / kSlots);
  }
  return {Median(std::move(sends)), Median(std::move(takes))};
}

double PingPong(pid_t peer, int rounds, WaitMode wait, bool starts) {
  const SignalTaker taker(wait);
  const auto start = Clock::now();
  for (int i = 0; i < rounds; ++i) {
    if (starts) kill(peer, SIGUSR1);
    taker.Take();
    if (!starts) kill(peer, SIGUSR1);
  }
  return rounds > 0 ? NsBetween(start, Clock::now()) / rounds : 0;
}

double PayloadSendCost(pid_t peer, int rounds, WaitMode wait, bool starts) {
  const SignalTaker taker(wait);
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

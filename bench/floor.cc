#include "bench/floor.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <ctime>

namespace minitalk {
namespace {

constexpr std::size_t kKernelSigsetBytes = 8;

void Take(const sigset_t& set, const timespec* timeout) {
  siginfo_t info;
  while (syscall(SYS_rt_sigtimedwait, &set, &info, timeout, kKernelSigsetBytes) < 0) {
  }
}

}  // namespace

double PingPong(pid_t peer, int rounds, WaitMode wait, bool starts) {
  static constexpr timespec kNoTime = {};
  const timespec* timeout = wait == WaitMode::kSpin ? &kNoTime : nullptr;
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < rounds; ++i) {
    if (starts) kill(peer, SIGUSR1);
    Take(set, timeout);
    if (!starts) kill(peer, SIGUSR1);
  }
  const std::chrono::duration<double, std::nano> elapsed = std::chrono::steady_clock::now() - start;
  return rounds > 0 ? elapsed.count() / rounds : 0;
}

}  // namespace minitalk

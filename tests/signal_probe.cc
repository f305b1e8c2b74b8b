// The raw calls, apart from core/os/kernel_link so that a mistake there is not repeated here.
#include "signal_probe.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace minitalk {
namespace {

constexpr std::size_t kKernelSigsetBytes = 8;

}  // namespace

sigset_t BothSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGUSR2);
  return set;
}

void BlockBoth() {
  const sigset_t both = BothSignals();
  sigprocmask(SIG_BLOCK, &both, nullptr);
}

bool SendTo(pid_t pid, char slot) {
  const int signal = slot == 'a' || slot == 'c' ? SIGUSR1 : SIGUSR2;
  if (slot == 'a' || slot == 'b') return syscall(SYS_tgkill, pid, pid, signal) == 0;
  return kill(pid, signal) == 0;
}

int TakeRaw(siginfo_t* info, const timespec* timeout) {
  const sigset_t both = BothSignals();
  return static_cast<int>(syscall(SYS_rt_sigtimedwait, &both, info, timeout, kKernelSigsetBytes));
}

int QueueInfo(pid_t pid, const siginfo_t& info) {
  return syscall(SYS_rt_sigqueueinfo, pid, info.si_signo, &info) == 0 ? 0 : errno;
}

siginfo_t ForgedInfo(int signal, int code, pid_t sender, int value) {
  siginfo_t info = {};
  info.si_signo = signal;
  info.si_code = code;
  info.si_pid = sender;
  info.si_uid = 12345;
  info.si_value.sival_int = value;
  return info;
}

bool LimitPending(pid_t pid, unsigned long most) {
  rlimit limit = {};
  if (prlimit(pid, RLIMIT_SIGPENDING, nullptr, &limit) != 0) return false;
  limit.rlim_cur = std::min<rlim_t>(most, limit.rlim_max);
  return prlimit(pid, RLIMIT_SIGPENDING, &limit, nullptr) == 0;
}

bool UnlimitPending(pid_t pid) { return LimitPending(pid, RLIM_INFINITY); }

}  // namespace minitalk

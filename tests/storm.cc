// A stranger: sends SIGUSR1 and SIGUSR2 to a process as fast as it can, by kill, tgkill and
// sigqueue in turn, until the time is over or the target is gone. For the fault laboratory.
//
//   storm PID SECONDS
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>

int main(int argc, char** argv) {
  if (argc != 3) return 64;
  const pid_t pid = static_cast<pid_t>(std::atol(argv[1]));
  if (pid <= 1) return 64;
  const auto end = std::chrono::steady_clock::now() +
                   std::chrono::milliseconds(static_cast<long>(std::atof(argv[2]) * 1000));
  const sigval value = {};
  for (unsigned i = 0; std::chrono::steady_clock::now() < end; ++i) {
    const int signal = i % 2 == 0 ? SIGUSR1 : SIGUSR2;
    const int result = i % 3 == 0   ? kill(pid, signal)
                       : i % 3 == 1 ? static_cast<int>(syscall(SYS_tgkill, pid, pid, signal))
                                    : sigqueue(pid, signal, value);
    if (result != 0) return 0;
  }
  return 0;
}

#include "bench/busy.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>

#include "core/os/kernel_link.h"

namespace minitalk {

// By way of the other constructor, so that those which run already are ended where one cannot.
BusyProcesses::BusyProcesses(int count) : BusyProcesses() {
  for (int i = 0; i < count; ++i) {
    const pid_t pid = fork();
    if (pid < 0) throw std::system_error(errno, std::generic_category(), "a busy process: fork");
    if (pid == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      volatile bool for_ever = true;
      while (for_ever) {
      }
    }
    pids_.push_back(pid);
  }
}

BusyProcesses::~BusyProcesses() {
  for (const pid_t pid : pids_) {
    std::optional<Process> process;
    if (Process::Open(pid, &process) == Status::kOk) process->Send(SIGKILL);
    waitpid(pid, nullptr, 0);
  }
}

}  // namespace minitalk

#include "core/os/child.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <cerrno>
#include <exception>

#include "core/os/log.h"
#include "core/os/system_error.h"

namespace minitalk {
namespace {

[[noreturn]] void Run(const std::function<int()>& body) {
  try {
    _exit(body());
  } catch (const std::exception& error) {
    PrintError("{}: {}\n", program_invocation_short_name, error.what());
    _exit(EX_OSERR);
  }
}

}  // namespace

pid_t Fork(const std::function<int()>& body, int death_signal) {
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid != 0) return pid;
  if (death_signal != 0) {
    if (prctl(PR_SET_PDEATHSIG, death_signal) != 0) _exit(EX_OSERR);
    if (getppid() != parent) _exit(EX_TEMPFAIL);  // it died before that
  }
  Run(body);
}

void SignalUnreaped(pid_t child, int signal) { kill(child, signal); }

void KillAndReap(pid_t child) {
  kill(child, SIGKILL);
  for (int status = 0;;) {
    const pid_t reaped = waitpid(child, &status, __WALL);
    if (reaped < 0 ? errno != EINTR : WIFEXITED(status) || WIFSIGNALED(status)) return;
  }
}

ChildProcess::ChildProcess(const std::function<int()>& body, int death_signal)
    : pid_(Require(Fork(body, death_signal), "fork")) {
  // Unreaped, so the pid is still the child's. Where it has ended already, that is held.
  Process::Open(pid_, &process_);
  if (process_) return;
  const int error = errno;
  waitpid(pid_, nullptr, 0);
  errno = error;
  ThrowErrno("pidfd_open");
}

ChildProcess::~ChildProcess() {
  if (code_) return;
  process_->Send(SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::optional<int> ChildProcess::ExitCode() {
  int status = 0;
  if (!code_ && waitpid(pid_, &status, WNOHANG) == pid_) {
    code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
  return code_;
}

}  // namespace minitalk

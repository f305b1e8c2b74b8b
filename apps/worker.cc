#include "apps/worker.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <system_error>

#include "core/os/log.h"

namespace minitalk {
namespace {

[[noreturn]] void RunBody(const std::function<int()>& body, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(EX_TEMPFAIL);
  try {
    _exit(body());
  } catch (const std::exception& error) {
    PrintError("minitalk-carrier: {}\n", error.what());
    _exit(EX_OSERR);
  }
}

}  // namespace

Worker::Worker(const std::function<int()>& body) {
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) RunBody(body, parent);
  if (Process::Open(pid_, &process_) == Status::kSystemFailed) {
    throw std::system_error(errno, std::generic_category(), "pidfd_open");
  }
}

Worker::~Worker() {
  if (Ended()) return;
  process_->Send(SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::optional<int> Worker::Ended() {
  int status = 0;
  if (!code_ && waitpid(pid_, &status, WNOHANG) == pid_) {
    code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
  return code_;
}

}  // namespace minitalk

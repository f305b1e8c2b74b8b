#include "core/os/process.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace minitalk {
namespace {

// How often a send is tried again that failed for no documented reason.
constexpr int kSendTries = 100;

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

}  // namespace

Status Process::Open(pid_t pid, std::optional<Process>* process) {
  // glibc 2.36 declares pidfd_open without extern "C", so C++ cannot link to it.
  Fd fd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!fd.valid()) return errno == ESRCH ? Status::kNoProcess : Status::kSystemFailed;
  process->emplace(Process(pid, std::move(fd)));
  return (*process)->Alive() ? Status::kOk : Status::kNoProcess;
}

bool Process::Alive() const { return !AwaitEnd(std::chrono::milliseconds(0)); }

bool Process::AwaitEnd(std::chrono::milliseconds timeout) const {
  pollfd end = {.fd = fd_.get(), .events = POLLIN, .revents = 0};
  return poll(&end, 1, static_cast<int>(timeout.count())) == 1;
}

Status Process::Send(int signal, const siginfo_t* info) const {
  return TrySending([&] { return syscall(SYS_pidfd_send_signal, fd_.get(), signal, info, 0); });
}

Status Process::SendPrivately(int signal, const siginfo_t* info) const {
  if (info != nullptr) {
    return TrySending([&] { return syscall(SYS_rt_tgsigqueueinfo, pid_, pid_, signal, info); });
  }
  return SendToThread(pid_, signal);
}

Status Process::SendToThread(pid_t thread, int signal) const {
  return TrySending([&] { return syscall(SYS_tgkill, pid_, thread, signal); });
}

}  // namespace minitalk

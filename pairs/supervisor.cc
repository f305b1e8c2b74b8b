#include "pairs/supervisor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "core/os/log.h"
#include "core/os/signals.h"
#include "core/os/system_error.h"
#include "pairs/program.h"

namespace minitalk {
namespace {

constexpr std::chrono::milliseconds kClearUpTimeout{3000};

int RunBody(const std::function<int(int)>& body, int hang_up) {
  PrepareSignals("minitalk-pairs", {SIGINT, SIGTERM, SIGHUP});
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  int status = EX_SOFTWARE;
  try {
    status = body(hang_up);
  } catch (const Abandoned&) {
  } catch (const std::exception& error) {
    PrintError("minitalk-pair: {}\n", error.what());
  }
  EndChildren();
  return status;
}

}  // namespace

Supervisor::Supervisor(const std::function<int(int hang_up)>& body) {
  int ends[2];
  Require(pipe2(ends, O_CLOEXEC), "pipe2");
  const Fd hang_up(ends[0]);
  stop_pipe_ = Fd(ends[1]);
  constexpr int kOutlivesUs = 0;  // to clear up
  child_.emplace(
      [&] {
        stop_pipe_ = Fd();
        return RunBody(body, hang_up.get());
      },
      kOutlivesUs);
}

Supervisor::~Supervisor() {
  stop_pipe_ = Fd();
  child_->AwaitEnd(kClearUpTimeout);
}

void EnterSandbox() {
  const uid_t uid = getuid();
  const gid_t gid = getgid();
  if (unshare(CLONE_NEWPID | CLONE_NEWNS) == 0) return;
  Require(unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS), "no pid namespace: unshare");
  std::ofstream("/proc/self/setgroups") << "deny";
  std::ofstream("/proc/self/uid_map") << fmt::format("0 {} 1", uid);
  std::ofstream("/proc/self/gid_map") << fmt::format("0 {} 1", gid);
}

void MountProc() {
  Require(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "mount /");
  Require(mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr), "mount /proc");
}

}  // namespace minitalk

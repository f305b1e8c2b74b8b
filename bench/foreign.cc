#include "bench/foreign.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <system_error>
#include <thread>

#include "core/os/placement.h"
#include "core/os/process_facts.h"
#include "core/os/signals.h"

namespace minitalk {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kFarewell{1000};

[[noreturn]] void Throw(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

// In the child; returns only if something failed, with errno. Allocates nothing.
void Become(const Launch& launch, char* const* words, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) return;
  setsid();
  Unblock({SIGUSR1, SIGUSR2, SIGALRM, SIGINT, SIGTERM, SIGHUP});
  RestoreDefault(SIGPIPE);
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 ||
      dup2(launch.output < 0 ? nothing : launch.output, STDOUT_FILENO) < 0 ||
      dup2(launch.errors < 0 ? nothing : launch.errors, STDERR_FILENO) < 0) {
    return;
  }
  // Before Linux 5.11 it sees our other files; it has no use for them.
  syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  if (launch.cpu && !PinTo(*launch.cpu)) return;
  if (chdir(launch.directory.c_str()) == 0) execvp(words[0], words);
}

// What the child could not do, or 0 once it is another program.
int ErrorOfStart(const Fd& report) {
  int error = 0;
  ssize_t got = 0;
  do {
    got = read(report.get(), &error, sizeof error);
  } while (got < 0 && errno == EINTR);
  return got == sizeof error ? error : 0;
}

}  // namespace

std::string Ending::Words() const {
  if (WIFEXITED(status)) return fmt::format("ended with exit status {}", WEXITSTATUS(status));
  const char* name = sigabbrev_np(WTERMSIG(status));
  return fmt::format("died of {}", name != nullptr ? fmt::format("SIG{}", name) : "a signal");
}

ForeignProgram::ForeignProgram(const Launch& launch) {
  std::vector<char*> words;
  for (const std::string& word : launch.command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) Throw(errno, "pipe");
  const Fd report(ends[0]);
  Fd reporter(ends[1]);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) Throw(errno, "fork");
  if (pid_ == 0) {
    Become(launch, words.data(), parent);
    const int error = errno;
    [[maybe_unused]] const auto told = write(reporter.get(), &error, sizeof error);
    _exit(127);
  }
  reporter = Fd();
  // Whoever has ended already is a zombie, and held as well.
  Process::Open(pid_, &process_);
  const int error = ErrorOfStart(report);
  if (process_ && error == 0) return;
  if (process_) End();
  Throw(error != 0 ? error : ENOSYS, launch.command.front());
}

ForeignProgram::~ForeignProgram() {
  if (process_) End();
}

double ForeignProgram::CpuNs() const {
  clockid_t clock = 0;
  timespec time = {};
  if (clock_getcpuclockid(pid_, &clock) != 0 || clock_gettime(clock, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

bool ForeignProgram::Runs() const {
  const auto facts = InspectProcess(pid_);
  return facts && facts->state == 'R';
}

Ending ForeignProgram::End() {
  if (process_->Alive()) process_->Send(SIGKILL);
  Ending ending;
  rusage usage = {};
  while (wait4(pid_, &ending.status, 0, &usage) < 0 && errno == EINTR) {
  }
  process_.reset();
  const auto ns = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_usec) * 1e3;
  };
  ending.cpu_ns = ns(usage.ru_utime) + ns(usage.ru_stime);
  return ending;
}

void EndDescendants() {
  const auto end = Clock::now() + kFarewell;
  for (pid_t ended = 0; Clock::now() < end;) {
    while ((ended = waitpid(-1, nullptr, WNOHANG)) > 0) {
    }
    if (ended < 0) return;  // there are no children
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      const auto pid = ParsePid(entry.path().filename().string());
      const auto facts = pid ? InspectProcess(*pid) : std::nullopt;
      if (!facts || facts->parent != getpid()) continue;
      // It is our child and unreaped, so the pid is still its own.
      std::optional<Process> process;
      if (Process::Open(*pid, &process) == Status::kOk) process->Send(SIGKILL);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace minitalk

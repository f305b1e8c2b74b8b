#include "pairs/program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "core/os/child.h"
#include "core/os/placement.h"
#include "core/os/signals.h"
#include "core/os/system_error.h"

namespace minitalk {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMostOutput = 64u << 20;
constexpr std::size_t kMostAtOnce = 1u << 20;  // who writes without end must not keep us reading
constexpr milliseconds kKillTimeout{1000};

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

TerminalEnds OpenTerminal() {
  Fd master(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
  Require(master.get(), "posix_openpt");
  Require(grantpt(master.get()) | unlockpt(master.get()), "unlockpt");
  std::array<char, 64> name = {};
  Require(-ptsname_r(master.get(), name.data(), name.size()), "ptsname_r");
  Fd slave(open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  Require(slave.get(), name.data());
  termios mode = {};
  Require(tcgetattr(slave.get(), &mode), "tcgetattr");
  cfmakeraw(&mode);
  Require(tcsetattr(slave.get(), TCSANOW, &mode), "tcsetattr");
  return {std::move(master), std::move(slave)};
}

void Become(const Launch& launch, char* const* words, int terminal) {
  if (launch.group ? setpgid(0, *launch.group) < 0 : setsid() < 0) return;
  Unblock({SIGUSR1, SIGUSR2, SIGALRM, SIGCHLD, SIGINT, SIGTERM, SIGHUP});
  RestoreDefault(SIGPIPE);
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(terminal, STDOUT_FILENO) < 0 ||
      dup2(terminal, STDERR_FILENO) < 0) {
    return;
  }
  // Before Linux 5.11 it sees our other files; it has no use for them.
  syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  if (launch.cpu && !PinTo(*launch.cpu)) return;
  if (chdir(launch.directory.c_str()) == 0) execvp(words[0], words);
}

SupervisedProgram::SupervisedProgram(const Launch& launch) : own_session_(!launch.group) {
  std::vector<char*> words;
  for (const std::string& word : launch.command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  auto [master, slave] = OpenTerminal();
  int ends[2];
  Require(pipe2(ends, O_CLOEXEC), "pipe2");
  const Fd report(ends[0]);
  Fd reporter(ends[1]);
  start_ = Clock::now();
  const auto become = [&, terminal = slave.get()] {
    Become(launch, words.data(), terminal);
    const int error = errno;
    [[maybe_unused]] const auto told = write(reporter.get(), &error, sizeof error);
    return 127;
  };
  pid_ = Require(Fork(become), "fork");
  reporter = Fd();
  terminal_ = std::move(master);
  // Whoever has ended already is a zombie, and held as well.
  Process::Open(pid_, &process_);
  const int error = ErrorOfStart(report);
  if (process_ && error == 0) return;
  End();
  errno = error != 0 ? error : ENOSYS;
  ThrowErrno(launch.command.front());
}

bool SupervisedProgram::overflowed() const { return output_.size() >= kMostOutput; }

void SupervisedProgram::Update() {
  if (!status_) Reap();
  Read();  // afterwards, so that its last words are in
}

void SupervisedProgram::Reap() {
  int status = 0;
  rusage usage = {};
  if (wait4(pid_, &status, WNOHANG, &usage) != pid_) return;
  end_ = Clock::now();
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  const auto ns = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_usec) * 1e3;
  };
  cpu_ns_ = ns(usage.ru_utime) + ns(usage.ru_stime);
}

void SupervisedProgram::Read() {
  std::array<char, 65536> buffer;
  for (std::size_t taken = 0; taken < kMostAtOnce && terminal_.valid();) {
    const ssize_t got = read(terminal_.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EIO) terminal_ = Fd();  // nobody is left who could write
    if (got <= 0) return;
    taken += static_cast<std::size_t>(got);
    if (!overflowed()) output_.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

double SupervisedProgram::CpuNs() const {
  if (status_) return cpu_ns_;
  clockid_t clock = 0;
  timespec time = {};
  if (clock_getcpuclockid(pid_, &clock) != 0 || clock_gettime(clock, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

void SupervisedProgram::Signal(int number) const {
  if (!status_ && process_) process_->Send(number);
}

void SupervisedProgram::End() {
  if (std::exchange(ended_, true)) return;
  Update();
  const bool by_itself = status_ == 0;
  Signal(SIGKILL);
  if (!status_ && process_) process_->AwaitEnd(kKillTimeout);
  Update();
  // Who ends as it should leaves seldom something behind, and that dies with this process.
  if (own_session_ && !by_itself) EndChildren(pid_);
  terminal_ = Fd();
}

bool AwaitNews(const std::vector<SupervisedProgram*>& programs, const std::vector<int>& hang_ups,
               Clock::duration timeout, int input) {
  std::vector<pollfd> entries;
  for (const int fd : hang_ups) entries.push_back({.fd = fd, .events = 0, .revents = 0});
  for (const SupervisedProgram* program : programs) {
    // poll(2) leaves out what is negative.
    entries.push_back({.fd = program->terminal(), .events = POLLIN, .revents = 0});
    entries.push_back({.fd = program->pidfd(), .events = POLLIN, .revents = 0});
  }
  entries.push_back({.fd = input, .events = POLLIN, .revents = 0});
  const auto ms = std::chrono::ceil<milliseconds>(std::max(timeout, Clock::duration::zero()));
  poll(entries.data(), entries.size(), static_cast<int>(ms.count()));
  for (std::size_t i = 0; i < hang_ups.size(); ++i) {
    if (entries[i].revents != 0) throw Abandoned();
  }
  for (SupervisedProgram* program : programs) program->Update();
  return entries.back().revents != 0;
}

std::string DescribeStatus(int status) {
  if (status >= 0) return fmt::format("ended with exit status {}", status);
  const char* name = sigabbrev_np(-status);
  return fmt::format("died of {}", name != nullptr ? fmt::format("SIG{}", name)
                                                   : fmt::format("signal {}", -status));
}

}  // namespace minitalk

// Forking, starting, waiting and clearing up, all of it in a single thread and by poll(2).
#include "process_harness.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "core/os/child.h"
#include "core/os/shared_memory.h"
#include "core/os/signals.h"
#include "core/os/system_error.h"

namespace minitalk {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kPoll{2};

// glibc 2.36 declares pidfd_open without extern "C", so C++ cannot link to it.
Fd OpenPidfd(pid_t pid) { return Fd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))); }

bool AwaitReadable(int fd, milliseconds timeout) {
  const auto end = Clock::now() + timeout;
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(end - Clock::now());
    pollfd entry = {.fd = fd, .events = POLLIN, .revents = 0};
    const int ready = poll(&entry, 1, static_cast<int>(std::max<long>(left.count(), 0)));
    if (ready == 1) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

// How a process ended; it stays a zombie. Nothing: it has not ended.
std::optional<siginfo_t> HowItEnded(pid_t pid) {
  siginfo_t info = {};
  const int result = waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT);
  if (result != 0 || info.si_pid == 0) return std::nullopt;
  return info;
}

int HandBack(const std::function<std::string()>& body, int result_fd) {
  std::string result;
  try {
    result = body();
  } catch (const std::exception& error) {
    result = std::string("exception: ") + error.what();
  }
  for (std::string_view left = result; !left.empty();) {
    const ssize_t written = write(result_fd, left.data(), left.size());
    if (written <= 0) return EXIT_FAILURE;
    left.remove_prefix(static_cast<std::size_t>(written));
  }
  return EXIT_SUCCESS;
}

}  // namespace

Child::Child(const std::function<std::string()>& body)
    : result_(memfd_create("result", MFD_CLOEXEC)),
      pid_(Require(Fork([&] { return HandBack(body, result_.get()); }), "fork")),
      pidfd_(OpenPidfd(pid_)) {}

Child::~Child() {
  kill(pid_, SIGKILL);  // unreaped, so the pid is still this child's
  waitpid(pid_, nullptr, 0);
}

std::optional<std::string> Child::Result(milliseconds limit) const {
  if (!AwaitReadable(pidfd_.get(), limit)) return std::nullopt;
  const auto end = HowItEnded(pid_);
  if (!end || end->si_code != CLD_EXITED || end->si_status != EXIT_SUCCESS) return std::nullopt;
  const off_t size = lseek(result_.get(), 0, SEEK_END);
  std::string result(static_cast<std::size_t>(size), '\0');
  if (pread(result_.get(), result.data(), result.size(), 0) != size) return std::nullopt;
  return result;
}

bool ForbidCall(long number) {
  const auto call = static_cast<std::uint32_t>(number);
  std::array program{sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                     sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
                     sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
                     sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

std::string InChild(const std::function<std::string()>& body) {
  return Child(body).Result().value_or("(died)");
}

namespace {

// Lies in memory that both processes of a pair share.
struct Meeting {
  std::array<std::atomic<pid_t>, 2> pids{};
  std::atomic<int> prepared = 0;
  std::atomic<int> linked = 0;

  static void Await(std::atomic<int>& count) {
    ++count;
    while (count < 2) std::this_thread::sleep_for(milliseconds(1));
  }
};

std::string RunRole(Meeting& meeting, int self, const Placement& placement, std::optional<int> cpu,
                    milliseconds limit, const Role& role) {
  PrepareSignals("minitalk-test");
  if (cpu && !PinTo(*cpu)) return "cannot pin";
  meeting.pids[static_cast<std::size_t>(self)] = getpid();
  Meeting::Await(meeting.prepared);
  std::optional<Process> peer;
  const pid_t pid = meeting.pids[static_cast<std::size_t>(1 - self)];
  if (Process::Open(pid, &peer) != Status::kOk) return "cannot open the peer";
  KernelLink link(std::move(*peer), placement.wait, limit);
  Meeting::Await(meeting.linked);
  return role(link);
}

}  // namespace

PairResult RunPair(const Placement& placement, milliseconds limit, const Role& first,
                   const Role& second) {
  const std::optional<EndCpus> cpus = ChooseCpus(placement.pin);
  if (!cpus) throw std::runtime_error("not enough CPUs");
  const SharedMemory<Meeting> meeting;
  const Child a([&] { return RunRole(*meeting, 0, placement, cpus->sender, limit, first); });
  const Child b([&] { return RunRole(*meeting, 1, placement, cpus->receiver, limit, second); });
  PairResult result;
  result.first = a.Result().value_or("(died)");
  result.second = b.Result().value_or("(died)");
  return result;
}

namespace {

void SetNonBlocking(const Fd& fd) { fcntl(fd.get(), F_SETFL, O_NONBLOCK); }

// Appends what lies ready. Closes at the end of the stream.
void ReadReady(Fd* fd, std::string* text) {
  std::array<char, 65536> buffer;
  while (fd->valid()) {
    const ssize_t got = read(fd->get(), buffer.data(), buffer.size());
    if (got > 0) {
      text->append(buffer.data(), static_cast<std::size_t>(got));
    } else if (got == 0) {
      *fd = Fd();
    } else {
      return;
    }
  }
}

void WriteReady(Fd* fd, std::string* text) {
  while (fd->valid()) {
    const ssize_t written = text->empty() ? -1 : write(fd->get(), text->data(), text->size());
    if (written > 0) {
      text->erase(0, static_cast<std::size_t>(written));
    } else if (text->empty() || errno == EPIPE) {
      *fd = Fd();
    } else {
      return;
    }
  }
}

}  // namespace

Program::Program(const std::vector<std::string>& command, const Streams& streams)
    : input_(streams.input.value_or("")) {
  signal(SIGPIPE, SIG_IGN);
  // Orphans of the program come to us, so that they can be reaped, too.
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  Pipe input;
  Pipe output;
  Pipe errors;
  if (!streams.input) input.read = Fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!streams.output_path.empty()) {
    output.write =
        Fd(open(streams.output_path.c_str(), O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC));
    Require(output.write.get(), "open");
  }
  Start(command, input.read, output.write, errors.write);
  pidfd_ = OpenPidfd(pid_);
  if (streams.input) input_fd_ = std::move(input.write);
  output_fd_ = std::move(output.read);
  error_fd_ = std::move(errors.read);
  for (const Fd* fd : {&input_fd_, &output_fd_, &error_fd_}) SetNonBlocking(*fd);
}

void Program::Start(const std::vector<std::string>& command, const Fd& input, const Fd& output,
                    const Fd& errors) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const auto become = [&] {
    setpgid(0, 0);
    signal(SIGPIPE, SIG_DFL);
    dup2(input.get(), STDIN_FILENO);
    dup2(output.get(), STDOUT_FILENO);
    dup2(errors.get(), STDERR_FILENO);
    execvp(arguments[0], arguments.data());
    return 127;
  };
  // The test may die of a time limit; then its children go with it.
  pid_ = Require(Fork(become), "fork");
  setpgid(pid_, pid_);  // also here, so that the group exists whoever runs first
}

Program::~Program() {
  if (pid_ > 1) {
    kill(-pid_, SIGKILL);  // its own group; its leader is unreaped, so the number is still ours
    Reap();
  }
}

void Program::Reap() {
  // The leader last: as long as it is a zombie nobody else can have this number.
  const auto members_left = [this] {
    siginfo_t info = {};
    return waitid(P_PGID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0;
  };
  while (members_left()) waitpid(-pid_, nullptr, 0);
  pid_ = -1;
}

void Program::Send(int signal) const {
  if (pid_ > 1) kill(pid_, signal);
}

bool Program::Ended() const { return HowItEnded(pid_).has_value(); }

// Moves bytes once, waiting up to `timeout` for something to do. False: nothing happened.
bool Program::Pump(milliseconds timeout) {
  std::array<pollfd, 4> entries = {
      pollfd{.fd = pidfd_.get(), .events = POLLIN, .revents = 0},
      pollfd{.fd = output_fd_.get(), .events = POLLIN, .revents = 0},
      pollfd{.fd = error_fd_.get(), .events = POLLIN, .revents = 0},
      pollfd{.fd = input_fd_.get(), .events = POLLOUT, .revents = 0},
  };
  const int ready = poll(entries.data(), entries.size(), static_cast<int>(timeout.count()));
  ReadReady(&output_fd_, &out_);
  ReadReady(&error_fd_, &err_);
  WriteReady(&input_fd_, &input_);
  return ready > 0;
}

int Program::Wait(milliseconds limit) {
  const auto end = Clock::now() + limit;
  while (!Ended()) {
    const auto left = std::chrono::duration_cast<milliseconds>(end - Clock::now());
    if (left <= milliseconds(0)) return -1;
    Pump(left);
  }
  Pump(milliseconds(0));
  const siginfo_t info = *HowItEnded(pid_);
  return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

bool Program::AwaitLines(std::size_t count) {
  const auto end = Clock::now() + kHangGuard;
  const auto complete = [&] {
    return static_cast<std::size_t>(std::count(out_.begin(), out_.end(), '\n')) >= count;
  };
  while (!complete() && Clock::now() < end) {
    const bool ended = Ended();
    Pump(ended ? milliseconds(0) : milliseconds(100));
    if (ended) break;
  }
  return complete();
}

bool Eventually(const std::function<bool()>& condition) {
  const auto end = Clock::now() + kHangGuard;
  while (!condition()) {
    if (Clock::now() > end) return false;
    std::this_thread::sleep_for(kPoll);
  }
  return true;
}

Pipe::Pipe(int flags) {
  std::array<int, 2> ends{};
  Require(pipe2(ends.data(), O_CLOEXEC | flags), "pipe2");
  read = Fd(ends[0]);
  write = Fd(ends[1]);
}

std::string RandomBytes(std::size_t size) {
  std::mt19937 random(1);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

TemporaryFile::TemporaryFile(std::string_view content) : path_("/tmp/minitalk-test-XXXXXX") {
  const Fd fd(mkostemp(path_.data(), O_CLOEXEC));
  Require(fd.get(), "mkostemp");
  std::ofstream(path_, std::ios::binary) << content;
}

TemporaryFile::~TemporaryFile() { unlink(path_.c_str()); }

std::string TemporaryFile::Content() const {
  std::ostringstream content;
  content << std::ifstream(path_, std::ios::binary).rdbuf();
  return content.str();
}

namespace {

void AddFiles(const std::filesystem::path& folder, const std::string& beginning, Names* names) {
  std::error_code absent;
  for (const auto& entry : std::filesystem::directory_iterator(folder, absent)) {
    if (entry.path().filename().string().starts_with(beginning)) names->insert(entry.path());
  }
}

void AddSysvQueues(Names* names) {
  // The key and the id stay the same; the counters in the columns after them do not.
  constexpr std::size_t kKeyAndId = 21;
  std::ifstream queues("/proc/sysvipc/msg");
  std::string line;
  std::getline(queues, line);  // the heading
  while (std::getline(queues, line)) names->insert("queue " + line.substr(0, kKeyAndId));
}

}  // namespace

Names NamedObjects() {
  Names names;
  AddFiles("/dev/mqueue", "", &names);
  AddFiles("/dev/shm", "", &names);
  AddFiles(std::filesystem::temp_directory_path(), "minitalk-carrier-", &names);
  AddSysvQueues(&names);
  return names;
}

std::string StaysSince(const Names& before) {
  Names fresh = NamedObjects();
  std::erase_if(fresh, [&](const std::string& name) { return before.contains(name); });
  Eventually([&] {
    const Names now = NamedObjects();
    std::erase_if(fresh, [&](const std::string& name) { return !now.contains(name); });
    return fresh.empty();
  });
  std::string lines;
  for (const std::string& name : fresh) lines += name + "\n";
  return lines;
}

}  // namespace minitalk

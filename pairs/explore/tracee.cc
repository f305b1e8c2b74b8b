#include "pairs/explore/tracee.h"

#include <elf.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>

#include "core/os/child.h"
#include "core/os/signals.h"
#include "core/os/system_error.h"
#include "pairs/explore/filter.h"

namespace minitalk::explore {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr milliseconds kTick{2};  // between two looks at a tracee that does not stop
constexpr int kCallFlag = 0x80;   // PTRACE_O_TRACESYSGOOD
constexpr std::size_t kMaskBytes = 8;

Stop Decode(int status) {
  using Kind = Stop::Kind;
  if (WIFEXITED(status)) return {Kind::kExited, WEXITSTATUS(status)};
  if (WIFSIGNALED(status)) return {Kind::kKilled, WTERMSIG(status)};
  switch (status >> 16) {
    case PTRACE_EVENT_SECCOMP:
      return {Kind::kCall};
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
    case PTRACE_EVENT_CLONE:
      return {Kind::kFork};
    case PTRACE_EVENT_EXEC:
      return {Kind::kExec};
    case PTRACE_EVENT_STOP:
      return {Kind::kHeld};
    default:
      break;
  }
  if (WSTOPSIG(status) == (SIGTRAP | kCallFlag)) return {Kind::kCallExit};
  return {Kind::kSignal, WSTOPSIG(status)};
}

}  // namespace

long Tracee::Ask(int request, std::uintptr_t address, const void* data) const {
  const long result = ptrace(static_cast<__ptrace_request>(request), id_,
                             reinterpret_cast<void*>(address), const_cast<void*>(data));
  if (result < 0) ThrowErrno(fmt::format("ptrace request {:#x}", request));
  return result;
}

void Tracee::Run(int signal) const {
  Ask(PTRACE_CONT, 0, reinterpret_cast<void*>(static_cast<std::uintptr_t>(signal)));
}

void Tracee::RunToExit(int signal) const {
  Ask(PTRACE_SYSCALL, 0, reinterpret_cast<void*>(static_cast<std::uintptr_t>(signal)));
}

Registers Tracee::GetRegisters() const {
  Registers registers = {};
  const iovec where{.iov_base = &registers, .iov_len = sizeof registers};
  Ask(PTRACE_GETREGSET, NT_PRSTATUS, &where);
  return registers;
}

void Tracee::SetRegisters(const Registers& registers) const {
  const iovec where{.iov_base = const_cast<Registers*>(&registers), .iov_len = sizeof registers};
  Ask(PTRACE_SETREGSET, NT_PRSTATUS, &where);
}

void Tracee::VoidCall() const {
#if defined(__aarch64__)
  constexpr int kSystemCallSet = 0x404;  // NT_ARM_SYSTEM_CALL
  int none = -1;
  const iovec where{.iov_base = &none, .iov_len = sizeof none};
  Ask(PTRACE_SETREGSET, kSystemCallSet, &where);
#endif
}

siginfo_t Tracee::GetSignal() const {
  siginfo_t info = {};
  Ask(PTRACE_GETSIGINFO, 0, &info);
  return info;
}

void Tracee::SetSignal(const siginfo_t& info) const { Ask(PTRACE_SETSIGINFO, 0, &info); }

std::uint64_t Tracee::GetMask() const {
  std::uint64_t mask = 0;
  Ask(PTRACE_GETSIGMASK, kMaskBytes, &mask);
  return mask;
}

std::vector<PendingSignal> Tracee::Pending() const {
  std::vector<PendingSignal> pending;
  std::array<siginfo_t, 32> infos;
  for (const bool is_private : {true, false}) {
    const __ptrace_peeksiginfo_args which{
        .off = 0,
        .flags = is_private ? 0U : static_cast<std::uint32_t>(PTRACE_PEEKSIGINFO_SHARED),
        .nr = static_cast<std::int32_t>(infos.size())};
    const long count =
        Ask(PTRACE_PEEKSIGINFO, reinterpret_cast<std::uintptr_t>(&which), infos.data());
    for (long i = 0; i < count; ++i) {
      const siginfo_t& info = infos[static_cast<std::size_t>(i)];
      const bool has_sender = info.si_code <= 0;
      pending.push_back({info.si_signo, info.si_code, has_sender ? info.si_pid : 0, is_private});
    }
  }
  return pending;
}

bool Tracee::Read(std::uint64_t address, std::span<std::byte> bytes) const {
  const iovec here{.iov_base = bytes.data(), .iov_len = bytes.size()};
  const iovec there{.iov_base = reinterpret_cast<void*>(address), .iov_len = bytes.size()};
  return process_vm_readv(id_, &here, 1, &there, 1, 0) == static_cast<ssize_t>(bytes.size());
}

bool Tracee::Write(std::uint64_t address, std::span<const std::byte> bytes) const {
  const iovec here{.iov_base = const_cast<std::byte*>(bytes.data()), .iov_len = bytes.size()};
  const iovec there{.iov_base = reinterpret_cast<void*>(address), .iov_len = bytes.size()};
  return process_vm_writev(id_, &here, 1, &there, 1, 0) == static_cast<ssize_t>(bytes.size());
}

void Tracee::Kill() const {
  if (id_ > 0) KillAndReap(id_);
}

nanoseconds Tracee::CpuTime() const {
  clockid_t clock = 0;
  timespec time = {};
  if (clock_getcpuclockid(id_, &clock) != 0 || clock_gettime(clock, &time) != 0) return {};
  return std::chrono::seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

// As in ps; '?' where it is gone.
char Tracee::State() const {
  std::ifstream file(fmt::format("/proc/{}/stat", id_));
  std::string line;
  std::getline(file, line);
  const auto name_end = line.rfind(')');
  return name_end == line.npos || name_end + 2 >= line.size() ? '?' : line[name_end + 2];
}

// The signal comes when a tracee stops, or another that is already known: both end the sleep.
Stop Tracee::Wait(nanoseconds slice) const {
  nanoseconds used_before{-1};
  int asleep = 0;
  for (;;) {
    const auto caught = TakeSignalFor(kTick, {SIGCHLD, SIGINT, SIGTERM, SIGHUP});
    if (caught && caught->signal != SIGCHLD) throw Interrupted();
    int status = 0;
    if (Require(waitpid(id_, &status, WNOHANG | __WALL), "waitpid") == id_) {
      Stop stop = Decode(status);
      if (stop.kind == Stop::Kind::kFork) {
        unsigned long child = 0;
        Ask(PTRACE_GETEVENTMSG, 0, &child);
        stop.value = static_cast<int>(child);
      }
      return stop;
    }
    if (caught) continue;
    const nanoseconds used = CpuTime();
    if (used_before < nanoseconds::zero()) used_before = used;
    asleep = State() == 'S' ? asleep + 1 : 0;
    if (asleep >= 5) return {Stop::Kind::kSleeping};
    if (used - used_before < kTick) continue;
    const auto stop = Interrupt();
    const bool over = used - used_before > slice;
    if (stop) return *stop;
    if (over) return {Stop::Kind::kSpinning};
    Run();
  }
}

// Stops it where it computes, and steps on until its registers are what they were: a loop that
// waits for a signal changes nothing else. Nothing: it is not such a loop, and stands still.
std::optional<Stop> Tracee::Interrupt() const {
  constexpr int kLongestLoop = 200;  // instructions
  const auto wait = [&] {
    int status = 0;
    while (waitpid(id_, &status, __WALL) < 0 && errno == EINTR) {
    }
    return Decode(status);
  };
  Ask(PTRACE_INTERRUPT, 0, nullptr);
  if (const Stop stop = wait(); stop.kind != Stop::Kind::kHeld) return stop;
  const Registers first = GetRegisters();
  for (int i = 0; i < kLongestLoop; ++i) {
    Ask(PTRACE_SINGLESTEP, 0, nullptr);
    const Stop stop = wait();
    if (stop.kind != Stop::Kind::kSignal || stop.value != SIGTRAP) return stop;
    const Registers now = GetRegisters();
    if (std::memcmp(&now, &first, sizeof now) == 0) return Stop{Stop::Kind::kSpinning};
  }
  return std::nullopt;
}

void Tracee::Expect(Stop::Kind kind) const {
  constexpr nanoseconds kSlice = std::chrono::seconds(1);
  if (Wait(kSlice).kind != kind) throw CannotExplore("a program cannot be copied where it stands");
}

void Tracee::Park(const Registers& entry) const {
  Registers again = entry;
  Machine::Rewind(again, Machine::Number(entry));
  Machine::Void(again);
  VoidCall();
  SetRegisters(again);
  RunToExit();
  Expect(Stop::Kind::kCallExit);
}

Tracee Tracee::Copy(const Registers& entry) const {
  Registers again = entry;
  Machine::Rewind(again, Machine::Number(entry));
  Machine::Void(again);
  Registers clone = entry;
  Machine::Rewind(clone, static_cast<std::uint64_t>(Machine::NumberOf(Call::k_clone)));
  Machine::Void(clone);
  const std::uint64_t arguments[] = {CLONE_PARENT | SIGCHLD, 0, 0, 0, 0, kCheckpointMark};
  for (int i = 0; i < 6; ++i) Machine::SetArgument(clone, i, arguments[i]);
  SetRegisters(clone);
  Run();
  const Stop made = Wait(std::chrono::seconds(1));
  if (made.kind != Stop::Kind::kFork) throw CannotExplore("a program cannot be copied");
  RunToExit();
  Expect(Stop::Kind::kCallExit);
  const Tracee copy(made.value);
  copy.Expect(Stop::Kind::kHeld);
  copy.SetRegisters(again);
  copy.Run();
  copy.Expect(Stop::Kind::kCall);
  return copy;
}

}  // namespace minitalk::explore

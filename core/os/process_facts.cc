#include "core/os/process_facts.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <fstream>

#include "core/os/fd.h"
#include "core/os/system_error.h"
#include "core/wire/text.h"

namespace minitalk {
namespace {

constexpr std::uint64_t BitOfSignal(int signal) { return std::uint64_t{1} << (signal - 1); }
// What /proc/PID/comm holds.
[[maybe_unused]] constexpr std::size_t kMostNameCharacters = 15;

constexpr std::uint64_t kBoth = BitOfSignal(SIGUSR1) | BitOfSignal(SIGUSR2);

// A bash that is interactive or has a trap for its exit catches whatever would end it, and then
// ends. Nobody who converses by SIGUSR1 catches those others. Go's runtime does, but it catches the
// last real-time signal, too, and lives on.
bool TidiesUp(std::uint64_t caught) {
  constexpr std::uint64_t kDeadly =
      BitOfSignal(SIGXCPU) | BitOfSignal(SIGXFSZ) | BitOfSignal(SIGVTALRM);
  return (caught & kDeadly) == kDeadly && (caught & BitOfSignal(64)) == 0;
}

// Asleep in sigwait() or the like.
bool SleepsInSignalWait(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/wchan", pid));
  std::string function;
  return file >> function && function.find("sigtimedwait") != std::string::npos;
}

// What a signal would do that is neither caught nor blocked. In a synchronous wait the awaited
// signals are just that, and where they show is the set that lies in the process's memory.
Effect EffectInWait(pid_t pid, std::uint64_t bit) {
  std::ifstream file(fmt::format("/proc/{}/syscall", pid));
  std::string number;
  std::uint64_t address = 0;
  if (!(file >> number)) return SleepsInSignalWait(pid) ? Effect::kUnknown : Effect::kHarm;
  const bool waits = number == std::to_string(__NR_rt_sigtimedwait);
  if (!waits || !(file >> std::hex >> address)) return Effect::kHarm;
  std::uint64_t set = 0;
  const iovec ours = {.iov_base = &set, .iov_len = sizeof set};
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an address in the other process.
  const iovec theirs = {.iov_base = reinterpret_cast<void*>(address), .iov_len = sizeof set};
  if (process_vm_readv(pid, &ours, 1, &theirs, 1, 0) != sizeof set) return Effect::kUnknown;
  return (set & bit) != 0 ? Effect::kTaken : Effect::kHarm;
}

// Its first number, and what follows it. 0 where there is none.
template <typename Number>
Number TakeNumber(std::string_view& text, int base = 10) {
  Number number = 0;
  const char* end = std::from_chars(text.data(), text.data() + text.size(), number, base).ptr;
  text.remove_prefix(
      std::min<std::size_t>(text.size(), static_cast<std::size_t>(end - text.data()) + 1));
  return number;
}

// A line of /proc/PID/status.
void Note(std::string_view key, std::string_view value, ProcessFacts* facts) {
  SignalSets& sets = facts->signals;
  if (key == "Name") facts->name = value;
  if (key == "State") facts->state = value.front();
  if (key == "PPid") facts->parent = TakeNumber<pid_t>(value);
  if (key == "Uid") {
    facts->real_uid = TakeNumber<uid_t>(value);
    facts->effective_uid = TakeNumber<uid_t>(value);
  }
  if (key == "Cpus_allowed_list") facts->only_cpu = ParseWhole<int>(value);
  if (key == "SigPnd" || key == "ShdPnd") sets.pending |= TakeNumber<std::uint64_t>(value, 16);
  if (key == "SigBlk") sets.blocked = TakeNumber<std::uint64_t>(value, 16);
  if (key == "SigIgn") sets.ignored = TakeNumber<std::uint64_t>(value, 16);
  if (key == "SigCgt") sets.caught = TakeNumber<std::uint64_t>(value, 16);
}

}  // namespace

void SetProcessName(const char* name) {
  assert(std::strlen(name) <= kMostNameCharacters);
  Require(prctl(PR_SET_NAME, name), "prctl(PR_SET_NAME)");
}

// Read and taken apart by hand, since both ends do it before a message's first signal, and a stream
// costs more than the kernel's part of it.
std::optional<ProcessFacts> InspectProcess(pid_t pid) {
  const Fd file(open(fmt::format("/proc/{}/status", pid).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return std::nullopt;
  std::string text;
  std::array<char, 4096> piece;
  for (ssize_t size = 0; (size = read(file.get(), piece.data(), piece.size())) > 0;) {
    text.append(piece.data(), static_cast<std::size_t>(size));
  }
  ProcessFacts facts;
  std::string_view rest = text;
  for (std::size_t end = 0; (end = rest.find('\n')) != rest.npos; rest.remove_prefix(end + 1)) {
    const std::string_view line = rest.substr(0, end);
    const std::size_t colon = line.find(":\t");
    if (colon != line.npos) Note(line.substr(0, colon), line.substr(colon + 2), &facts);
  }
  if (facts.name.empty()) return std::nullopt;
  facts.catches_both = (facts.signals.caught & kBoth) == kBoth;
  return facts;
}

Effect EffectOf(pid_t pid, const ProcessFacts& facts, Signal signal) {
  const std::uint64_t bit = BitOfSignal(signal == Signal::kUsr1 ? SIGUSR1 : SIGUSR2);
  if ((facts.signals.caught & bit) != 0) {
    return TidiesUp(facts.signals.caught) ? Effect::kTidyEnd : Effect::kTaken;
  }
  if ((facts.signals.ignored & bit) != 0) return Effect::kHarm;
  if ((facts.signals.blocked & bit) != 0) return Effect::kBlocked;
  return EffectInWait(pid, bit);
}

bool HasPending(const ProcessFacts& facts) { return (facts.signals.pending & kBoth) != 0; }

std::optional<std::uint64_t> BytesWritten(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/io");
  for (std::string key; file >> key;) {
    std::uint64_t value = 0;
    if (file >> value && key == "wchar:") return value;
  }
  return std::nullopt;
}

std::optional<pid_t> ParsePid(std::string_view text) {
  const auto pid = ParseWhole<pid_t>(text);
  return pid && *pid > 1 && *pid != getpid() ? pid : std::nullopt;
}

}  // namespace minitalk

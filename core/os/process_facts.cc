#include "core/os/process_facts.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <sstream>

#include "core/os/system_error.h"
#include "core/wire/text.h"

namespace minitalk {
namespace {

constexpr std::uint64_t BitOfSignal(int signal) { return std::uint64_t{1} << (signal - 1); }
// What is read of /proc/PID/status; a link without acknowledgements looks at it after each bit.
constexpr std::array<std::string_view, 9> kKeys = {"Name",   "State",  "PPid",   "Uid",   "SigPnd",
                                                   "ShdPnd", "SigBlk", "SigIgn", "SigCgt"};

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

}  // namespace

void SetProcessName(const char* name) {
  assert(std::strlen(name) <= kMostNameCharacters);
  Require(prctl(PR_SET_NAME, name), "prctl(PR_SET_NAME)");
}

std::optional<ProcessFacts> InspectProcess(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/status", pid));
  if (!file) return std::nullopt;
  ProcessFacts facts;
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(':');
    if (colon == std::string::npos || colon + 1 >= line.size()) continue;
    const std::string_view key = std::string_view(line).substr(0, colon);
    if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end()) continue;
    std::istringstream value(line.substr(colon + 1));
    if (key == "Name") value >> facts.name;
    if (key == "State") value >> facts.state;
    if (key == "PPid") value >> facts.parent;
    if (key == "Uid") value >> facts.real_uid >> facts.effective_uid;
    std::uint64_t set = 0;
    if (key.starts_with("Sig") || key == "ShdPnd") value >> std::hex >> set;
    if (key == "SigCgt") facts.signals.caught = set;
    if (key == "SigIgn") facts.signals.ignored = set;
    if (key == "SigBlk") facts.signals.blocked = set;
    if (key == "SigPnd" || key == "ShdPnd") facts.signals.pending |= set;
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

std::optional<pid_t> ParsePid(std::string_view text) {
  const auto pid = ParseWhole<pid_t>(text);
  return pid && *pid > 1 && *pid != getpid() ? pid : std::nullopt;
}

}  // namespace minitalk

#include "slots.h"

#include <fmt/format.h>
#include <sys/syscall.h>

#include <bit>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <optional>
#include <sstream>

#include "core/os/process_facts.h"
#include "verify/world.h"

namespace minitalk {
namespace {

// The system call in which it sleeps. Nothing: /proc does not tell, which not every kernel does.
std::optional<long> SleepsInCall(pid_t pid) {
  long number = 0;
  if (std::ifstream(fmt::format("/proc/{}/syscall", pid)) >> number) return number;
  return std::nullopt;
}

}  // namespace

Slots SlotOf(Signal signal, Lane lane) {
  return 1u << ((lane == Lane::kShared ? 2u : 0u) + (signal == Signal::kUsr2 ? 1u : 0u));
}

std::string DescribeSlot(Slots slot) {
  const auto index = static_cast<unsigned>(std::countr_zero(slot));
  return verify::ToString(index % 2 == 0 ? Signal::kUsr1 : Signal::kUsr2,
                          index < 2 ? Lane::kPrivate : Lane::kShared);
}

Slots PendingSlots(pid_t pid) {
  Slots slots = 0;
  std::ifstream file(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string key;
    std::uint64_t mask = 0;
    words >> key >> std::hex >> mask;
    const auto add = [&](int number, Slots slot) {
      if ((mask >> (number - 1) & 1) != 0) slots |= slot;
    };
    if (key != "SigPnd:" && key != "ShdPnd:") continue;
    const Lane lane = key == "SigPnd:" ? Lane::kPrivate : Lane::kShared;
    add(SIGUSR1, SlotOf(Signal::kUsr1, lane));
    add(SIGUSR2, SlotOf(Signal::kUsr2, lane));
  }
  return slots;
}

bool SleepsForSignal(pid_t pid) {
  const auto facts = InspectProcess(pid);
  if (!facts || facts->state != 'S') return false;
  const auto call = SleepsInCall(pid);
  return !call || *call == SYS_rt_sigtimedwait || *call == SYS_pause || *call == SYS_rt_sigsuspend;
}

}  // namespace minitalk

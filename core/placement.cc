#include "core/placement.h"

#include <sched.h>

#include <array>
#include <utility>

namespace minitalk {
namespace {

constexpr std::array<std::pair<std::string_view, WaitMode>, 3> kWaitModes{
    {{"auto", WaitMode::kAuto}, {"spin", WaitMode::kSpin}, {"sleep", WaitMode::kSleep}}};
constexpr std::array<std::pair<std::string_view, Pin>, 3> kPins{
    {{"none", Pin::kNone}, {"same", Pin::kSame}, {"cross", Pin::kCross}}};

template <typename Table>
auto Parse(const Table& table, std::string_view text) {
  using Value = typename Table::value_type::second_type;
  for (const auto& [name, value] : table) {
    if (name == text) return std::optional<Value>(value);
  }
  return std::optional<Value>();
}

template <typename Table, typename Value>
std::string_view Name(const Table& table, Value wanted) {
  for (const auto& [name, value] : table) {
    if (value == wanted) return name;
  }
  return "?";
}

}  // namespace

std::optional<WaitMode> ParseWaitMode(std::string_view text) { return Parse(kWaitModes, text); }
std::optional<Pin> ParsePin(std::string_view text) { return Parse(kPins, text); }
std::string_view NameOf(WaitMode wait) { return Name(kWaitModes, wait); }
std::string_view NameOf(Pin pin) { return Name(kPins, pin); }

std::vector<int> AllowedCpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cpus;
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
    }
  }
  if (cpus.empty()) cpus.push_back(0);
  return cpus;
}

bool PinTo(int cpu) {
  if (cpu < 0 || cpu >= CPU_SETSIZE) return false;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  return sched_setaffinity(0, sizeof set, &set) == 0;
}

std::optional<Seats> ChooseSeats(Pin pin) {
  const std::vector<int> cpus = AllowedCpus();
  switch (pin) {
    case Pin::kNone:
      return Seats{};
    case Pin::kSame:
      return Seats{cpus[0], cpus[0]};
    case Pin::kCross:
      if (cpus.size() < 2) return std::nullopt;
      return Seats{cpus[0], cpus[1]};
  }
  return std::nullopt;
}

WaitMode ResolveWait(WaitMode wait, Pin pin) {
  const bool apart = pin == Pin::kCross || (pin == Pin::kNone && AllowedCpus().size() > 1);
  return apart ? wait : WaitMode::kSleep;
}

}  // namespace minitalk

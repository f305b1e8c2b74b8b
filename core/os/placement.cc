#include "core/os/placement.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "core/os/fd.h"

namespace minitalk {

std::string_view ToString(Pin pin) {
  switch (pin) {
    case Pin::kAuto:
      return "auto";
    case Pin::kNone:
      return "none";
    case Pin::kSame:
      return "same";
    case Pin::kCross:
      return "cross";
    case Pin::kHere:
      return "here";
  }
  return "?";
}

std::optional<Pin> ParsePin(std::string_view text) {
  for (const Pin pin : {Pin::kAuto, Pin::kNone, Pin::kSame, Pin::kCross}) {
    if (text == ToString(pin)) return pin;
  }
  return std::nullopt;
}

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
  if (cpu < 0 || cpu >= CPU_SETSIZE) {
    errno = EINVAL;
    return false;
  }
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  return sched_setaffinity(0, sizeof set, &set) == 0;
}

namespace {

constexpr std::uint64_t kLongestMomentUs = 200;

// How many others run at this moment; 0: they are not shown.
std::size_t OthersRunning() {
  const Fd file(open("/proc/loadavg", O_RDONLY | O_CLOEXEC));
  std::array<char, 128> line{};
  if (!file.valid() || read(file.get(), line.data(), line.size() - 1) <= 0) return 0;
  std::size_t running = 0;  // this process, too
  std::sscanf(line.data(), "%*s %*s %*s %zu/", &running);
  return running - std::min<std::size_t>(running, 1);
}

}  // namespace

bool OneCpuIsLeft(std::uint64_t bytes) {
  const std::size_t cpus = AllowedCpus().size();
  const std::size_t others = OthersRunning();
  if (others + 1 < cpus) return false;
  // Who has just started us may be about to wait for us. A longer message is worth a longer look.
  usleep(static_cast<useconds_t>(std::min(bytes, kLongestMomentUs)));
  return std::min(others, OthersRunning()) + 1 == cpus;
}

Pin ResolvePin(Pin pin, bool together, std::uint64_t bytes) {
  if (pin != Pin::kAuto) return pin;
  return together || OneCpuIsLeft(bytes) ? Pin::kHere : Pin::kNone;
}

std::optional<EndCpus> ChooseCpus(Pin pin) {
  const std::vector<int> cpus = AllowedCpus();
  switch (pin) {
    case Pin::kAuto:
    case Pin::kNone:
      return EndCpus{};
    case Pin::kHere:
      return EndCpus{sched_getcpu(), std::nullopt};
    case Pin::kSame:
      return EndCpus{cpus[0], cpus[0]};
    case Pin::kCross:
      if (cpus.size() < 2) return std::nullopt;
      return EndCpus{cpus[0], cpus[1]};
  }
  return std::nullopt;
}

Placed PinSender(Pin pin) {
  const std::optional<EndCpus> cpus = ChooseCpus(pin);
  if (!cpus) return {{}, "--pin cross needs two CPUs, and this process may use only one"};
  if (!cpus->sender || PinTo(*cpus->sender)) return {*cpus, ""};
  if (pin == Pin::kHere) return {};  // nobody asked for it
  return {*cpus, std::string("--pin ") + std::string(ToString(pin)) + ": CPU " +
                     std::to_string(*cpus->sender) + " cannot be had (" + std::strerror(errno) +
                     "); leave out --pin"};
}

WaitMode ResolveWait(WaitMode wait, Pin pin) {
  const bool together = pin == Pin::kSame || pin == Pin::kHere || AllowedCpus().size() == 1;
  return together ? WaitMode::kSleep : wait;
}

}  // namespace minitalk

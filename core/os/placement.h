// On which CPUs the two ends run. Placement changes a round trip by twenty times
// (docs/kernel.md), so it is always a declared condition, never left to chance unseen.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/wire/link.h"

namespace minitalk {

// Where the two ends run: left to ResolvePin(), anywhere, both on the first CPU, each on a CPU of
// its own, or both on the CPU where the sender is (the server joins a client that is confined to
// one).
enum class Pin : std::uint8_t { kAuto, kNone, kSame, kCross, kHere };

// The words of the command lines, and back. Nothing: no such word.
std::optional<Pin> ParsePin(std::string_view text);
std::string_view ToString(Pin pin);

// The CPUs that this process may use, ascending. Never empty.
std::vector<int> AllowedCpus();

// Binds the calling process to one CPU. False, with errno, if the kernel refuses.
bool PinTo(int cpu);

// Whether the others that run leave a single CPU, and will while a message of so many bytes goes.
// By /proc/loadavg's number of the moment; where that cannot be read, they leave more.
bool OneCpuIsLeft(std::uint64_t bytes);

// What kAuto stands for. Two ends that have one CPU between them belong there, and so do two that
// wake each other up so seldom that nothing is gained by two (`together`): where this process is.
// Else the system places them, also where no CPU is left: there two get two shares of all.
Pin ResolvePin(Pin pin, bool together, std::uint64_t bytes);

// The CPU of each end, or nothing where it is not pinned.
struct EndCpus {
  std::optional<int> sender;
  std::optional<int> receiver;
};

// Nothing: kCross on a machine (or in a cpuset) with a single CPU.
std::optional<EndCpus> ChooseCpus(Pin pin);

// Where the two ends are to run, and that this process, the sender, is there.
struct Placed {
  EndCpus cpus;
  std::string problem;  // why not, in a clause; empty: it is
};
Placed PinSender(Pin pin);

// What to do for `wait` under `pin`: spinning without a second CPU only steals the peer's time, so
// there it becomes sleeping.
WaitMode ResolveWait(WaitMode wait, Pin pin);

}  // namespace minitalk

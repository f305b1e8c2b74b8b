// The seccomp filter under which explored programs run: the known system calls stop, for the
// tracer, all others pass without a stop.
#pragma once

#include <cstdint>

namespace minitalk::explore {

// In the last argument of a clone(), which that call does not have: it is the explorer's own and
// passes without a stop.
inline constexpr std::uint32_t kCheckpointMark = 0x6d74;

// Installs it for this process and what becomes of it, which lose the right to gain privileges by
// exec. Returns whether the kernel did; errno says why not.
bool InstallFilter();

}  // namespace minitalk::explore

// What the outside can see of a process's four slots, and of its sleep: /proc's view, for the
// replay.
#pragma once

#include <sys/types.h>

#include <string>

#include "core/wire/signal.h"

namespace minitalk {

// Some of the four slots, as bits in the order of kAllSlots.
using Slots = unsigned;

Slots SlotOf(Signal signal, Lane lane);
// "private USR1". REQUIRES: exactly one.
std::string DescribeSlot(Slots slot);

// Which of them are full.
Slots PendingSlots(pid_t pid);

// It sleeps in the kernel, and nothing but a signal will wake it.
bool SleepsForSignal(pid_t pid);

}  // namespace minitalk

// What a stopped program's descriptors are, and whether a call on them would return at once.
#pragma once

#include <string>
#include <string_view>

#include "pairs/explore/process.h"

namespace minitalk::explore {

// What a descriptor leads to, as /proc shows it: "/etc/hosts", "pipe:[123]"; empty: it is closed.
std::string TargetOfDescriptor(const Process& process, int descriptor);

// Whether a read from it may sleep: it is no file.
bool MaySleep(std::string_view target);

// Whether something may be read or written by the call at whose entry the process stands (read,
// poll, select and the like), so that it returns at once. Its signalfds show what is pending for
// it.
bool IsReadyByDescriptor(const Process& process);

}  // namespace minitalk::explore

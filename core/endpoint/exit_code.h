// How a status becomes the exit code of a program, by the numbers of sysexits.h.
#pragma once

#include "core/wire/status.h"

namespace minitalk {

// The exit code of ./client for a delivery that ended so. Never fails; thread-safe.
int ExitCode(Status status);

}  // namespace minitalk

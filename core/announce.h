// The first that a server says: its pid, in the pidfile and on standard output.
#pragma once

#include <string>

#include "core/log.h"
#include "core/output.h"

namespace minitalk {

// The line that belongs before all messages.
std::string FirstLine();

// False: the pidfile (empty: none) cannot be written, and `log` has been told. An output that
// cannot be written is told as well, but is no reason to end. REQUIRES: the server is ready.
bool Announce(const std::string& pidfile, const Log& log, Output& output);

}  // namespace minitalk

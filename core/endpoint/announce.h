// The first that a server says: its pid, in the pidfile and on standard output. And when it has to
// stop talking.
#pragma once

#include <string>

#include "core/endpoint/output.h"
#include "core/os/log.h"

namespace minitalk {

// The line that belongs before all messages.
std::string FirstLine();

// False: the pidfile (empty: none) cannot be written, and `log` has been told. An output that
// cannot be written is told as well, but is no reason to end. REQUIRES: the server is ready.
// Then `log` is told the hint, unless it is empty.
bool Announce(const std::string& pidfile, const std::string& hint, const Log& log, Output& output);

// True if nothing that is still to come could be delivered, since whoever read the output has
// closed it; then `log` has been told. A reason to end, with EX_IOERR, as for any program in a
// pipeline.
bool NobodyReads(const Log& log, const Output& output);

}  // namespace minitalk

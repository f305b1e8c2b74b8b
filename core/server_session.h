// One session: the conversation with one client, in a process of its own.
#pragma once

#include <sys/types.h>

#include "core/kernel_link.h"
#include "core/log.h"
#include "core/output.h"
#include "core/protocol.h"
#include "core/server.h"

namespace minitalk {

// Talks with the client in the freshly forked process that calls it. Returns the process's exit
// code: 0 only if a message was delivered.
int RunServerSession(const ServerOptions& options, ProtocolMenu menu, const Log& log,
                     Output& output, pid_t acceptor, Process client);

}  // namespace minitalk

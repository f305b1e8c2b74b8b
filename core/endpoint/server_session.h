// One session: the conversation with one client, in a process of its own.
#pragma once

#include "core/endpoint/output.h"
#include "core/endpoint/server.h"
#include "core/os/log.h"
#include "core/os/process.h"
#include "core/wire/protocol.h"

namespace minitalk {

// What the server knows of a client that has connected.
struct SessionOptions {
  std::optional<int> cpu;        // where the client is confined to: the best place for us, too
  std::size_t most_threads = 0;  // that it may make for a protocol
};

// Talks with the client in the freshly forked process that calls it. Returns the process's exit
// code: 0 only if a message was delivered.
int RunServerSession(const ServerOptions& options, ProtocolMenu menu, const Log& log,
                     Output& output, Process client, const SessionOptions& session);

}  // namespace minitalk

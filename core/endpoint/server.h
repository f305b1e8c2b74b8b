// The server: accept(2), but with signals. The acceptor sleeps until a client connects (a
// USR1 to the acceptor's pid), forks one session process for it, and never takes part in a
// transfer itself. A session has pending sets of its own, so nobody else's request can coalesce
// with a running transfer, and its crash takes nobody with it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/endpoint/output.h"
#include "core/os/log.h"
#include "core/wire/protocol.h"
#include "core/wire/session.h"

namespace minitalk {

// What the command line says, checked.
struct ServerOptions {
  std::string name = "server";  // before its diagnostics
  bool once = false;            // end after the first delivered message
  bool echo = false;            // send it back to clients that ask for it
  OutputFormat format = OutputFormat::kRaw;
  // The line of a message in OutputFormat::kJson; null: not used.
  std::string (*to_json)(pid_t client, std::string_view protocol, std::string_view text,
                         const TransferStats& stats) = nullptr;
  std::uint64_t max_message_bytes = 64ull << 20;
  std::size_t max_sessions = 64;
  std::chrono::milliseconds idle_timeout{10'000};
  std::string pidfile;  // empty: none
  std::string hint;     // logged after the pid; empty: none
  Verbosity verbosity = Verbosity::kNormal;
};

// Serves until SIGINT, SIGTERM or SIGHUP, or with `once` until the first delivery. Returns the exit
// code. REQUIRES: a single thread; no other children.
int RunServer(const ServerOptions& options, ProtocolMenu menu);

}  // namespace minitalk

// The client: connects to a server, gets a session process of its own, and delivers one
// message to it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "core/os/placement.h"
#include "core/wire/protocol.h"
#include "core/wire/session.h"

namespace minitalk {

// The server, and how to talk to it. `echo` is not owned and has to outlive Deliver().
struct ClientOptions {
  pid_t server = 0;
  std::string server_program = "./server";    // what one types to start a server
  std::chrono::milliseconds timeout{10'000};  // without any progress
  WaitMode wait = WaitMode::kAuto;
  Pin pin = Pin::kAuto;
  bool force = false;  // go on where /proc cannot be read
  std::uint64_t message_bytes = kUnknownLength;
  Sink* echo = nullptr;  // where the reply goes; null: none is asked for
  Progress progress;     // may be empty
};

// What became of the message, and what it took.
struct Delivery {
  Status status = Status::kOk;
  std::string remedy;  // what to do about it; empty if delivered
  TransferStats stats;
  std::uint64_t signals_sent = 0;
  std::uint64_t signals_received = 0;
};

// Delivers the message or says why not. kOk only when the server has written it out. No signal is
// sent to a process that does not visibly ask for it. REQUIRES: a single thread; changes the
// process's signal set-up, name and, with a pin, its CPU.
Delivery Deliver(const ClientOptions& options, ProtocolMenu menu, const ProtocolChoice& choice,
                 Source& source);

// The exit code of ./client for a delivery that ended so, by the numbers of sysexits.h.
int ExitCode(Status status);

}  // namespace minitalk

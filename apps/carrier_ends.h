// The two ends of minitalk-carrier: a client that sends a message in blocks, and a server that
// writes it out as it comes. Constant memory, however long the message.
#pragma once

#include <atomic>
#include <cstdint>

#include "bench/carriers/carrier.h"
#include "core/os/log.h"
#include "core/wire/session.h"

namespace minitalk {

// Lies in memory that the parent shares with both ends.
struct SharedProgress {
  std::atomic<std::uint64_t> moves = 0;  // grows while there is any progress, also of the input
  std::atomic<std::uint64_t> bytes = 0;  // written out
  std::atomic<double> seconds = 0;       // from the first block to the verdict
};

// What an end works with; `log` gets the steps as details.
struct EndContext {
  Carrier& carrier;
  const CarrierSteps& steps;
  const Log& log;
  SharedProgress& progress;
};

// Both return an exit code: EX_TEMPFAIL, without a word, if the other end is gone. EX_NOINPUT and
// EX_IOERR (the verdict was bad, or the output failed) have been explained where they arose.
int SendOut(const EndContext& end, Source& source);
int WriteOut(const EndContext& end, int fd);

}  // namespace minitalk

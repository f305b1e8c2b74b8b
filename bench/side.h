// What each of the two processes of a trial does, and what they share to do it.
#pragma once

#include <pthread.h>
#include <sys/types.h>

#include <atomic>
#include <cstdint>

#include "bench/carriers/carrier.h"
#include "bench/trial.h"

namespace minitalk {

// What the pair shares beside the signals: the plan and the figures, never the message.
struct Shared {
  Sample sample;
  pthread_barrier_t barrier;  // both sides; a side that dies leaves the other to the hard limit
  pid_t sender = 0;
  pid_t receiver = 0;
  std::uint32_t planned_messages = 1;
  std::atomic<bool> misplaced = false;  // an end is not on the CPU that the condition wants
};

// Runs in a forked child, whose pid is in `shared`; fills its part of the sample. `carrier`: what
// the condition names, made before the fork; null if it names a protocol.
Status RunSide(Shared& shared, const Condition& condition, ProtocolMenu menu, std::uint64_t seed,
               const TrialLimits& limits, Carrier* carrier, bool sends);

// The floor alone, with the warm-up, into `floor_before_ns`.
Status RunFloorSide(Shared& shared, const Condition& condition, const TrialLimits& limits,
                    bool sends);

}  // namespace minitalk

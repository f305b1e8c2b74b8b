// The floor: a raw ping-pong, one signal there and one back, with nothing around the system calls.
// No protocol that waits for an answer can do a round faster, so every goodput is also given in
// its units.
#pragma once

#include <sys/types.h>

#include "core/os/placement.h"

namespace minitalk {

// Both sides call it with the same number of rounds, one with `starts`. Returns the mean time of a
// round in ns; 0 if `rounds` is. REQUIRES: PrepareSignals was called; nothing pending; the caller
// bounds it from outside, for it waits for ever if the peer dies.
double PingPong(pid_t peer, int rounds, WaitMode wait, bool starts);

// The floor of a single call: a ping-pong in which the starter's signal bears 40 bytes. Returns the
// mean time in ns that the call which sends it takes, the receiver waiting for it; 0 for the side
// that does not start. The same requirements.
double PayloadSendCost(pid_t peer, int rounds, WaitMode wait, bool starts);

// What a signal costs where nobody else is at the same locks: the least that any protocol pays.
struct CallCosts {
  double send_ns = 0;
  double take_ns = 0;
};

// Fills the four slots of this process and empties them, over and over; medians. `with_payload`:
// each bears 40 bytes. REQUIRES: PrepareSignals was called; nothing pending.
CallCosts MeasureCalls(bool with_payload);

}  // namespace minitalk

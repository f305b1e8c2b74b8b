// The model of the pending signals (verify/pending.h) as two facts: random signals by every call,
// from four processes, go to the kernel and to the model, and what arrives has to be the same.
//
// The model takes it that the queue of signals is not exhausted; what happens beyond
// RLIMIT_SIGPENDING is asked by the facts limit_*.
#pragma once

#include <cstdint>

namespace minitalk::verify {

// The first round's seed; each further one counts up. To be set before a fact is asked.
void SetModelSeed(std::uint64_t seed);

}  // namespace minitalk::verify

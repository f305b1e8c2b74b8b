// minitalk-bench as a function: Google Benchmark drives the repetitions, each of which is a trial
// with a fresh pair of processes; the results are its JSON, enriched.
#pragma once

#include "core/wire/protocol.h"

namespace minitalk {

// Does what `minitalk-bench --help` says, with the rows of these protocols and of all carriers;
// returns the exit status. To be called once, from main: Google Benchmark keeps a global state.
int BenchProgram(int argc, char** argv, ProtocolMenu menu);

}  // namespace minitalk

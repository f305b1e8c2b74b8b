// minitalk-verify as a function: the verdict on every protocol of a menu, with the shortest
// counterexample for each that is bad. Writes results/verdicts.json; can run one schedule again.
#pragma once

#include "core/wire/protocol.h"

namespace minitalk::verify {

// Does what `minitalk-verify --help` says, for these protocols; returns the exit status. Takes
// SIGINT and SIGTERM over. To be called once, from main.
int Program(int argc, char** argv, ProtocolMenu menu);

}  // namespace minitalk::verify

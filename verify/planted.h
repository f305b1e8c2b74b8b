// Protocols with a bug that somebody has written, or will: the explorer has to find each of them.
// They test the tester, and they are what docs/verification.md learns from.
#pragma once

#include <span>
#include <string_view>

#include "verify/assumption.h"
#include "verify/transfer.h"

namespace minitalk::verify {

// A protocol that is wrong, on a link that is right or wrong. All text is static.
struct PlantedBug {
  std::string_view name;
  TransferSetup (*setup)();
  Assumption assumption = Assumption::kAnySchedule;  // of which the counterexample makes use
};

// All of them, in a fixed order.
std::span<const PlantedBug> PlantedBugs();

}  // namespace minitalk::verify

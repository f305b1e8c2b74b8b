// Protocols with a bug that somebody has written, or will: the explorer has to find each of them.
// They test the tester, and they are what docs/verification.md learns from.
#pragma once

#include <span>
#include <string_view>

#include "verify/transfer.h"

namespace minitalk::verify {

// A bug and what the explorer has to say of it. All text is static.
struct PlantedBug {
  std::string_view name;
  std::string_view bug;  // in a clause
  TransferSetup (*setup)();
  Verdict verdict;                          // that it must get
  std::string_view assumption;              // of which the counterexample makes use
  std::span<const std::string_view> trace;  // the shortest counterexample, "sender sends USR1"
};

// All of them, in a fixed order.
std::span<const PlantedBug> PlantedBugs();

}  // namespace minitalk::verify

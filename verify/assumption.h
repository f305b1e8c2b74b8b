// The assumptions under which a transfer or a conversation is explored. To add one, write its entry
// in verify/assumptions.inc: the enumerator, its text, the studies and --list follow from it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "verify/handshake_scenario.h"

namespace minitalk::verify {

// One name for each, in the order of the results.
enum class Assumption : std::uint8_t {
#define ASSUMPTION(id, text, scope, ...) id,
#include "verify/assumptions.inc"
#undef ASSUMPTION
};

// As in results/verdicts.json: "any schedule".
std::string_view ToString(Assumption assumption);

// Who is studied under an assumption; a sum of several.
enum Scope : unsigned {
  kLossFree = 1,    // transfers by protocols that claim to lose nothing
  kLossy = 2,       // transfers by the others
  kTimed = 4,       // transfers by protocols that read the clock, whatever they claim
  kHandshakes = 8,  // clients that connect and send a message
  kFrames = 16,     // a whole message over each protocol
};

// An entry of verify/assumptions.inc.
struct AssumptionInfo {
  Assumption id;
  std::string_view text;
  unsigned scope;
  HandshakeSetup setup;

  const Rules& rules() const { return setup.rules; }
  bool applies_to(Scope who) const { return (scope & who) != 0; }
};

// All of them, in the order of Assumption, which is that of the results.
std::span<const AssumptionInfo> AllAssumptions();
const AssumptionInfo& InfoOf(Assumption assumption);

}  // namespace minitalk::verify

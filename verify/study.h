// The verdict on a protocol: every schedule of every message up to a size, under each assumption.
// A registered protocol is studied without a line of code for it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/wire/protocol.h"
#include "verify/assumption.h"
#include "verify/transfer.h"

namespace minitalk::verify {

// What a study finds; a row of results/verdicts.json.
struct Finding {
  std::string protocol;
  Assumption assumption = Assumption::kAnySchedule;
  std::size_t message_bits = 0;  // all messages of up to so many; of one with payload a choice
  Verdict verdict = Verdict::kLossFree;
  std::uint64_t states = 0;
  std::uint64_t schedules = 0;
  bool complete = true;
  // Where the verdict is bad: the shortest way there.
  std::optional<Counterexample> counterexample = std::nullopt;
  Message message = {};                 // that it is about; of a conversation none
  std::vector<std::string> steps = {};  // as sentences
  std::string trace = {};               // as a table

  void Count(const Exploration& exploration) {
    states += exploration.states;
    schedules += exploration.schedules;
  }
  void SetCounterexample(Counterexample found);
};

// One question to the explorer; `run` may take minutes, everything else is quick.
struct Study {
  std::string protocol;
  Assumption assumption;
  const ProtocolInfo* info;  // what it is about; null: it is none of the menu
  // The finding lacks what is above.
  std::function<Finding(const Limits&)> explore;

  Finding Run(const Limits& limits) const;
};

// All studies of a protocol; of two sizes, the second for those who can wait. Which there are
// depends on what the protocol claims, so that listing them explores nothing.
std::vector<Study> StudiesOf(const ProtocolInfo& info, bool deep);
// The handshake, and whole messages over each protocol of the menu.
std::vector<Study> StudiesOfSession(ProtocolMenu menu, bool deep);
// The planted bugs. / What sessions prevent: a server without them.
std::vector<Study> StudiesOfPlantedBugs();
std::vector<Study> StudiesOfSharedSlots();

// All messages of 1 to `most_bits` bits. A protocol that fails in several ways gets the verdict
// that says most: `loses`, if its sender waits for nothing; else `corrupt`, if a bit can be wrong;
// else what happens first. The counterexample is the shortest of its kind.
Finding StudyTransfer(const TransferSetup& setup, std::size_t most_bits, const Limits& limits);

}  // namespace minitalk::verify

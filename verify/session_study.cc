// The studies of whole conversations: the handshake under its adversaries, and the frames over each
// protocol.
#include <fmt/format.h>

#include <algorithm>

#include "verify/handshake_scenario.h"
#include "verify/study.h"

namespace minitalk::verify {
namespace {

// A lossy body over frames has no end of schedules: so many states are searched in order, and so
// many more schedules at random.
constexpr std::uint64_t kStates = 20'000;
constexpr std::uint64_t kWalks = 100;
constexpr std::uint64_t kDeepWalks = 1'000;

void Add(const Exploration& exploration, Finding* finding) {
  finding->states += exploration.states;
  finding->schedules += exploration.schedules;
}

// All schedules, or as many as the limits allow and then `walks` at random.
Finding Explore(Scenario& scenario, const Limits& limits, std::uint64_t walks) {
  Finding finding;
  Exploration exploration = ExploreAll(scenario, limits);
  Add(exploration, &finding);
  finding.complete = exploration.complete;
  const bool walk = !exploration.complete && !exploration.failure;
  for (std::uint64_t seed = 1; walk && seed <= walks && !exploration.failure; ++seed) {
    if (limits.stop != nullptr && *limits.stop) break;
    exploration = Walk(scenario, seed, limits);
    Add(exploration, &finding);
  }
  if (!exploration.failure) return finding;
  const auto shortest = FindShortest(scenario, exploration.failure->choices.size(), limits);
  finding.SetCounterexample(shortest.value_or(std::move(*exploration.failure)));
  return finding;
}

Study HandshakeStudy(const AssumptionInfo& assumption) {
  const auto explore = [&assumption](const Limits& limits) {
    Handshake scenario(assumption.setup);
    Finding finding = Explore(scenario, limits, 0);
    finding.message_bits = assumption.setup.whole_messages ? 8 : 4;
    return finding;
  };
  return {"session-handshake", assumption.id, nullptr, explore};
}

Study FramesStudy(const AssumptionInfo& assumption, ProtocolMenu menu, const ProtocolInfo& info,
                  bool deep) {
  HandshakeSetup setup = assumption.setup;
  setup.menu = menu;
  setup.protocol = info.name;
  if (info.payload) {  // two rounds, and one signal more
    const auto round = static_cast<std::size_t>(BitsPerRound(info.rounds).most) / kBitsPerByte;
    setup.message_bytes = 2 * round + 1;
  }
  const auto explore = [setup, deep](Limits limits) {
    limits.states = std::min(limits.states, kStates * (deep ? 20 : 1));
    Handshake scenario(setup);
    Finding finding = Explore(scenario, limits, deep ? kDeepWalks : kWalks);
    finding.message_bits = setup.message_bytes * kBitsPerByte;
    return finding;
  };
  return {fmt::format("session over {}", info.name), assumption.id, &info, explore};
}

}  // namespace

std::vector<Study> StudiesOfSession(ProtocolMenu menu, bool deep) {
  std::vector<Study> studies;
  for (const AssumptionInfo& assumption : AllAssumptions()) {
    if (assumption.applies_to(kHandshakes)) studies.push_back(HandshakeStudy(assumption));
  }
  for (const ProtocolInfo* info : menu) {
    for (const AssumptionInfo& assumption : AllAssumptions()) {
      if (info->timed || !assumption.applies_to(kFrames)) continue;
      studies.push_back(FramesStudy(assumption, menu, *info, deep));
    }
  }
  return studies;
}

std::vector<Study> StudiesOfSharedSlots() {
  const auto explore = [](const Limits& limits) {
    SharedSlots scenario;
    Finding finding = Explore(scenario, limits, 0);
    finding.message_bits = SharedSlots::kBits;
    return finding;
  };
  return {{"shared-slots", Assumption::kClientKilled, nullptr, explore}};
}

}  // namespace minitalk::verify

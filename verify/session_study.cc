// The studies of whole conversations: the handshake under its adversaries, and the frames over each
// protocol.
#include <fmt/format.h>

#include <algorithm>

#include "verify/handshake_scenario.h"
#include "verify/study.h"

namespace minitalk::verify {
namespace {

constexpr Rules kTimersLast{.pauses = Rules::Pauses::kLong};
constexpr Rules kKillTimersLast{.pauses = Rules::Pauses::kLong, .kills = 1};
constexpr Rules kLimitTimersLast{.pauses = Rules::Pauses::kLong, .limits = 1};

// A lossy body over frames has no end of schedules: so many states are searched in order, and so
// many more schedules at random.
constexpr std::uint64_t kStates = 20'000;
constexpr std::uint64_t kWalks = 100;
constexpr std::uint64_t kDeepWalks = 1'000;

void Convict(Scenario& scenario, const Limits& limits, Counterexample counterexample,
             Finding* finding) {
  const auto shortest = FindShortest(scenario, counterexample.choices.size(), limits);
  finding->counterexample = shortest.value_or(std::move(counterexample));
  finding->verdict = finding->counterexample->violation.kind;
  finding->trace = Trace(*finding->counterexample);
  finding->steps = Words(*finding->counterexample);
}

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
  if (exploration.failure) Convict(scenario, limits, std::move(*exploration.failure), &finding);
  return finding;
}

Study HandshakeStudy(const std::string& assumption, const HandshakeSetup& setup) {
  const auto run = [assumption, setup](const Limits& limits) {
    Handshake scenario(setup);
    Finding finding = Explore(scenario, limits, 0);
    finding.protocol = "session-handshake";
    finding.assumption = assumption;
    finding.message_bits = setup.whole_messages ? 8 : 4;
    return finding;
  };
  return {"session-handshake", assumption, run};
}

Study FramesStudy(ProtocolMenu menu, const ProtocolInfo& info, bool deep) {
  const std::string name = fmt::format("{}{}", kSessionOver, info.name);
  HandshakeSetup setup{.menu = menu, .protocol = std::string(info.name)};
  if (info.payload) {  // two rounds, and one signal more
    const auto round = static_cast<std::size_t>(info.bits_per_round_max) / kBitsPerByte;
    setup.message_bytes = 2 * round + 1;
  }
  const std::string assumption(kAnySchedule);
  const auto run = [=](Limits limits) {
    limits.states = std::min(limits.states, kStates * (deep ? 20 : 1));
    Handshake scenario(setup);
    Finding finding = Explore(scenario, limits, deep ? kDeepWalks : kWalks);
    finding.protocol = name;
    finding.assumption = assumption;
    finding.message_bits = setup.message_bytes * kBitsPerByte;
    return finding;
  };
  return {name, assumption, run};
}

Study SharedSlotsStudy() {
  const std::string name = "shared-slots";
  const std::string assumption = "a client is killed anywhere";
  const auto run = [=](const Limits& limits) {
    SharedSlots scenario;
    Finding finding = Explore(scenario, limits, 0);
    finding.protocol = name;
    finding.assumption = assumption;
    finding.message_bits = SharedSlots::kBits;
    return finding;
  };
  return {name, assumption, run};
}

}  // namespace

std::vector<Study> StudiesOfSession(ProtocolMenu menu, bool deep) {
  std::vector<Study> studies{
      HandshakeStudy(std::string(kAnySchedule), {}),
      HandshakeStudy("two clients", {.clients = 2, .whole_messages = false}),
      HandshakeStudy(
          "two clients, one session at a time",
          {.rules = kTimersLast, .clients = 2, .most_sessions = 1, .whole_messages = false}),
      HandshakeStudy("a client is killed anywhere",
                     {.rules = kKillTimersLast, .clients = 2, .whole_messages = false}),
      HandshakeStudy("somebody loses patience anywhere",
                     {.rules = kLimitTimersLast, .clients = 2, .whole_messages = false}),
      HandshakeStudy("a client is killed anywhere, a fresh one follows",
                     {.rules = kKillTimersLast, .clients = 2, .last_is_fresh = true})};
  for (const ProtocolInfo* info : menu) {
    if (!info->timed) studies.push_back(FramesStudy(menu, *info, deep));
  }
  return studies;
}

std::vector<Study> StudiesOfSharedSlots() { return {SharedSlotsStudy()}; }

}  // namespace minitalk::verify

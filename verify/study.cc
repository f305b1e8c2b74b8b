#include "verify/study.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "verify/handshake_scenario.h"
#include "verify/planted.h"

namespace minitalk::verify {
namespace {

// Where the first counterexample is longer than this, no other message is looked through for a
// shorter one.
constexpr std::size_t kShort = 24;

// A wrong bit, if there can be one, shows in messages of so many bits.
constexpr std::size_t kFewBits = 4;

// Of a receiver: two banks, each a group of two.
constexpr std::uint32_t kThreads = 4;

// The longest messages: without an adversary and with one, who multiplies the schedules.
struct Sizes {
  std::size_t plain;
  std::size_t adversary;
};
constexpr Sizes kSizes{.plain = 8, .adversary = 6};
constexpr Sizes kDeepSizes{.plain = 12, .adversary = 8};
// Threads multiply the schedules as well.
constexpr Sizes kThreadSizes{.plain = 6, .adversary = 4};
constexpr Sizes kDeepThreadSizes{.plain = 8, .adversary = 6};

bool HasAdversary(const Rules& rules) {
  return rules.foreign_signals + rules.kills + rules.interrupts + rules.limits + rules.delays > 0;
}

std::vector<Message> AllMessages(std::size_t most_bits) {
  std::vector<Message> messages;
  for (std::size_t size = 1; size <= most_bits; ++size) {
    for (std::uint64_t number = 0; number < std::uint64_t{1} << size; ++number) {
      messages.push_back(MessageOf(size, number));
    }
  }
  return messages;
}

// Where bits travel many at a time their values steer nothing, but their number does: from a single
// byte to several times around all slots.
std::vector<Message> LongMessages(const ProtocolInfo& info, bool is_long) {
  const auto round = static_cast<std::size_t>(BitsPerRound(info.rounds).most) / kBitsPerByte;
  const std::size_t rounds = is_long ? 7 : 5;
  std::vector<Message> messages;
  std::mt19937 random(1);
  for (std::size_t half = 1; half <= 2 * rounds; ++half) {
    for (const std::size_t more : {std::size_t{0}, std::size_t{1}}) {
      const std::size_t bytes = half * round / 2 + more;
      Message message{std::vector<std::byte>(bytes), bytes * kBitsPerByte};
      for (std::byte& byte : message.bytes) byte = static_cast<std::byte>(random());
      messages.push_back(std::move(message));
    }
  }
  return messages;
}

bool IsBetter(const Counterexample& left, const std::optional<Counterexample>& right) {
  if (!right) return true;
  const std::size_t left_steps = left.choices.size();
  const std::size_t right_steps = right->choices.size();
  return left_steps < right_steps ||
         (left_steps == right_steps && left.violation.kind < right->violation.kind);
}

// Whether the sender comes to its end before the receiver has done anything: nothing keeps it from
// overrunning the slots.
bool IsOpenLoop(const TransferSetup& setup) {
  Transfer scenario(setup, MessageOf(kFewBits, 0b0110));
  World world(scenario.rules());
  scenario.Build(world);
  for (;;) {
    const auto enabled = world.Enabled();
    const auto next = std::ranges::find(enabled, Transition{.actor = kSender});
    if (next == enabled.end()) return world.process(kSender).finished();
    world.Take(Transition(*next));
  }
}

class TransferStudy {
 public:
  TransferStudy(const TransferSetup& setup, const std::vector<Message>& messages,
                const Limits& limits)
      : setup_(setup), messages_(messages), limits_(limits) {}

  Finding Run() {
    for (const Message& message : messages_) {
      finding_.message_bits = std::max(finding_.message_bits, message.size);
      Transfer scenario(setup_, message);
      Explore(scenario, message);
      if (!finding_.complete) break;
    }
    if (finding_.verdict == Verdict::kLossFree && finding_.complete) LookForUnfilledBits();
    if (finding_.verdict > Verdict::kLossFree) LookForWrongBits();
    return finding_;
  }

 private:
  void Explore(Transfer& scenario, const Message& message) {
    // Once there is a counterexample only a shorter counterexample is of interest.
    const bool is_first = !finding_.counterexample;
    if (is_first) {
      const Exploration exploration = ExploreAll(scenario, limits_);
      finding_.Count(exploration);
      finding_.complete = exploration.complete;
      if (!exploration.failure) return;
      SetCounterexample(message, *exploration.failure);
    }
    const std::size_t steps = finding_.counterexample->choices.size();
    if (!is_first && steps > kShort) return;
    const auto shortest = FindShortest(scenario, steps, limits_);
    if (shortest && IsBetter(*shortest, finding_.counterexample)) {
      SetCounterexample(message, *shortest);
    }
  }

  void SetCounterexample(const Message& message, const Counterexample& counterexample) {
    finding_.message = message;
    finding_.SetCounterexample(counterexample);
  }

  void LookForUnfilledBits() {
    for (const Message& message : messages_) {
      Transfer scenario(setup_, message, Transfer::Blank::kComplement);
      const Exploration exploration = ExploreAll(scenario, limits_);
      if (exploration.failure) return SetCounterexample(message, *exploration.failure);
    }
  }

  // The shortest way to fail need not be the worst.
  void LookForWrongBits() {
    if (finding_.verdict == Verdict::kCorrupt || IsOpenLoop(setup_)) return;
    std::optional<Counterexample> best;
    for (const Message& message : messages_) {
      if (message.size > kFewBits) return;
      Transfer scenario(setup_, message);
      const auto wrong = FindShortest(scenario, kShort, limits_, Verdict::kCorrupt);
      if (!wrong || !IsBetter(*wrong, best)) continue;
      best = wrong;
      SetCounterexample(message, *wrong);
    }
  }

  const TransferSetup& setup_;
  const std::vector<Message>& messages_;
  const Limits& limits_;
  Finding finding_;
};

// A lossy body over frames has no end of schedules: so many states are searched in order, and so
// many more schedules at random.
constexpr std::uint64_t kStates = 20'000;
constexpr std::uint64_t kWalks = 100;
constexpr std::uint64_t kDeepWalks = 1'000;

// Of a conversation: all schedules, or as many as the limits allow and then `walks` at random.
Finding Explore(Scenario& scenario, const Limits& limits, std::uint64_t walks) {
  Finding finding;
  Exploration exploration = ExploreAll(scenario, limits);
  finding.Count(exploration);
  finding.complete = exploration.complete;
  const bool walk = !exploration.complete && !exploration.failure;
  for (std::uint64_t seed = 1; walk && seed <= walks && !exploration.failure; ++seed) {
    if (limits.stop != nullptr && *limits.stop) break;
    exploration = Walk(scenario, seed, limits);
    finding.Count(exploration);
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
  setup.protocol = info.threads ? fmt::format("{}:2", info.name) : std::string(info.name);
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

void Finding::SetCounterexample(Counterexample found) {
  verdict = found.violation.kind;
  trace = Trace(found);
  steps = Sentences(found);
  counterexample = std::move(found);
}

Finding StudyTransfer(const TransferSetup& setup, std::size_t most_bits, const Limits& limits) {
  return TransferStudy(setup, AllMessages(most_bits), limits).Run();
}

Finding Study::Run(const Limits& limits) const {
  Finding finding = explore(limits);
  finding.protocol = protocol;
  finding.assumption = assumption;
  return finding;
}

std::vector<Study> StudiesOf(const ProtocolInfo& info, bool deep) {
  std::vector<Study> studies;
  const Sizes& sizes =
      info.threads ? (deep ? kDeepThreadSizes : kThreadSizes) : (deep ? kDeepSizes : kSizes);
  const auto add = [&](const AssumptionInfo& assumption, std::size_t bits) {
    const bool is_long = deep && assumption.id == Assumption::kAnySchedule;
    const auto explore = [&info, &assumption, bits, is_long](const Limits& limits) {
      const auto parameter = info.threads ? kThreads : info.default_parameter;
      const TransferSetup setup{info.make(parameter), assumption.rules()};
      const auto messages = info.payload ? LongMessages(info, is_long) : AllMessages(bits);
      return TransferStudy(setup, messages, limits).Run();
    };
    studies.push_back({std::string(info.name), assumption.id, &info, explore});
  };
  const Scope scope = info.timed ? kTimed : info.loss_free ? kLossFree : kLossy;
  for (const AssumptionInfo& assumption : AllAssumptions()) {
    if (!assumption.applies_to(scope)) continue;
    const bool multiplies = !info.timed && HasAdversary(assumption.rules());
    add(assumption, multiplies ? sizes.adversary : sizes.plain);
  }
  return studies;
}

std::vector<Study> StudiesOfPlantedBugs() {
  std::vector<Study> studies;
  for (const PlantedBug& bug : PlantedBugs()) {
    const auto explore = [&bug](const Limits& limits) {
      return StudyTransfer(bug.setup(), 4, limits);
    };
    studies.push_back({std::string(bug.name), bug.assumption, nullptr, explore});
  }
  return studies;
}

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

#include "verify/study.h"

#include <algorithm>
#include <array>
#include <random>

#include "verify/planted.h"

namespace minitalk::verify {
namespace {

// Where the first counterexample is longer than this, no other message is looked through for a
// shorter one.
constexpr std::size_t kShort = 24;

// A wrong bit, if there can be one, shows in messages of so many bits.
constexpr std::size_t kFewBits = 4;

// The longest messages: without an adversary and with one, who multiplies the schedules.
struct Sizes {
  std::size_t plain;
  std::size_t adversary;
};
constexpr Sizes kSizes{.plain = 8, .adversary = 6};
constexpr Sizes kDeepSizes{.plain = 12, .adversary = 8};

std::array<Assumption, 4> Assumptions() {
  return {{{kAnySchedule, {}},
           {"an interrupted wait", {.interrupts = 1}},
           {kOneForeignSignal, {.strangers = 1}},
           {"a process is killed anywhere", {.kills = 1}}}};
}
// For protocols that read the clock the schedule is given by it.
std::array<Assumption, 2> TimedAssumptions() {
  return {{{"both always run", {.lockstep = true}},
           {"one process is not run for 5 us", {.lockstep = true, .delays = 1}}}};
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
  const auto round = static_cast<std::size_t>(info.bits_per_round_max) / kBitsPerByte;
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
    if (next == enabled.end()) return world.Finished(kSender);
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
    // Once the protocol is convicted only a shorter counterexample is of interest.
    const bool is_first = !finding_.counterexample;
    if (is_first) {
      const Exploration exploration = ExploreAll(scenario, limits_);
      finding_.states += exploration.states;
      finding_.schedules += exploration.schedules;
      finding_.complete = exploration.complete;
      if (!exploration.failure) return;
      Convict(message, *exploration.failure);
    }
    const std::size_t steps = finding_.counterexample->choices.size();
    if (!is_first && steps > kShort) return;
    const auto shortest = FindShortest(scenario, steps, limits_);
    if (shortest && IsBetter(*shortest, finding_.counterexample)) {
      Convict(message, *shortest);
    }
  }

  void Convict(const Message& message, const Counterexample& counterexample) {
    finding_.verdict = counterexample.violation.kind;
    finding_.counterexample = counterexample;
    finding_.message = message.Text();
    finding_.trace = Trace(counterexample);
    finding_.steps = Words(counterexample);
    finding_.setup = setup_;
    finding_.sent = message;
  }

  void LookForUnfilledBits() {
    for (const Message& message : messages_) {
      Transfer scenario(setup_, message, Transfer::Blank::kComplement);
      const Exploration exploration = ExploreAll(scenario, limits_);
      if (exploration.failure) return Convict(message, *exploration.failure);
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
      Convict(message, *wrong);
    }
  }

  const TransferSetup& setup_;
  const std::vector<Message>& messages_;
  const Limits& limits_;
  Finding finding_;
};

Finding Label(Finding finding, std::string protocol, std::string_view assumption) {
  finding.protocol = std::move(protocol);
  finding.assumption = assumption;
  return finding;
}

// Whether it fails without any adversary, who then has nothing to add.
bool FailsAnyway(const TransferSetup& setup) {
  return StudyTransfer(setup, 3, {}).verdict != Verdict::kLossFree;
}

bool Pauses(const TransferSetup& setup) {
  Transfer scenario(setup, MessageOf(2, 1));
  return Walk(scenario, 1).paused;
}

}  // namespace

Finding StudyTransfer(const TransferSetup& setup, std::size_t most_bits, const Limits& limits) {
  return TransferStudy(setup, AllMessages(most_bits), limits).Run();
}

std::vector<Study> StudiesOf(const ProtocolInfo& info, bool deep) {
  std::vector<Study> studies;
  const std::string name(info.name);
  const Sizes& sizes = deep ? kDeepSizes : kSizes;
  const auto add = [&](const Assumption& assumption, std::size_t bits) {
    TransferSetup setup{info.make(info.default_parameter), assumption.rules};
    const bool is_long = deep && assumption.name == kAnySchedule;
    const auto run = [setup, name, assumption, bits, &info, is_long](const Limits& limits) {
      const auto messages = info.payload ? LongMessages(info, is_long) : AllMessages(bits);
      return Label(TransferStudy(setup, messages, limits).Run(), name, assumption.name);
    };
    studies.push_back({name, std::string(assumption.name), run});
  };
  if (info.timed) {
    for (const Assumption& assumption : TimedAssumptions()) add(assumption, sizes.plain);
    return studies;
  }
  const bool fails_anyway = FailsAnyway({info.make(info.default_parameter)});
  for (const Assumption& assumption : Assumptions()) {
    const bool is_plain = assumption.name == kAnySchedule;
    if (fails_anyway && !is_plain) continue;
    add(assumption, is_plain ? sizes.plain : sizes.adversary);
  }
  if (Pauses({info.make(info.default_parameter)})) {
    add({"pauses are long", {.pauses = Rules::Pauses::kLong}}, sizes.plain);
  }
  return studies;
}

std::vector<Study> StudiesOfPlantedBugs() {
  std::vector<Study> studies;
  for (const PlantedBug& bug : PlantedBugs()) {
    const auto run = [&bug](const Limits& limits) {
      return Label(StudyTransfer(bug.setup(), 4, limits), std::string(bug.name), bug.assumption);
    };
    studies.push_back({std::string(bug.name), std::string(bug.assumption), run});
  }
  return studies;
}

}  // namespace minitalk::verify

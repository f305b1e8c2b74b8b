// What the explorer finds in its simulated world happens on the machine as well: each shortest
// counterexample, and random runs of protocols that lose nothing, step by step on real processes.
// So the verdicts rest on the kernel and not on a model of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "protocols/registry.h"
#include "replayer.h"
#include "verify/planted.h"
#include "verify/study.h"

namespace minitalk {
namespace {

using verify::Finding;
using verify::Transfer;
using verify::Verdict;

// Counterexamples are wanted, not verdicts, which others look after; and all that there are turn up
// among the first few states of the shortest messages. With more this test would last minutes.
constexpr verify::Limits kFewStates{.states = 150};

// A protocol that remembers where its receiver's bits go, which is in its scenario.
class Remembering final : public Protocol {
 public:
  explicit Remembering(std::shared_ptr<const Protocol> real) : real_(std::move(real)) {}
  void Send(Link& link, Bits bits) const override { real_->Send(link, bits); }
  std::size_t Receive(Link& link, MutableBits bits) const override {
    received_ = bits.bytes();
    return real_->Receive(link, bits);
  }
  // REQUIRES: the scenario lives.
  std::vector<std::byte> received() const { return {received_.begin(), received_.end()}; }

 private:
  std::shared_ptr<const Protocol> real_;
  mutable std::span<const std::byte> received_;
};

// What the model's run leaves in the receiver's buffer.
std::vector<std::byte> PredictedBuffer(const Prediction& prediction,
                                       const verify::Choices& choices) {
  verify::TransferSetup setup = prediction.setup;
  const auto remembering = std::make_shared<Remembering>(setup.protocol);
  setup.protocol = remembering;
  Transfer scenario(setup, prediction.message, prediction.blank);
  EXPECT_TRUE(verify::Replay(scenario, choices));
  return remembering->received();
}

// The same steps, the same end, and the same bits in the receiver's buffer.
Replayed ExpectAsPredicted(const Prediction& prediction, const verify::Counterexample& run) {
  const Replayed replayed = ReplayOnMachine(prediction);
  EXPECT_EQ(replayed.departure, "");
  EXPECT_EQ(replayed.steps, run.steps.size());
  EXPECT_EQ(ToString(replayed.verdict), std::string(ToString(run.violation.kind)));
  EXPECT_EQ(replayed.received, PredictedBuffer(prediction, run.choices));
  return replayed;
}

// What follows the last bit in the last byte is not part of the message.
bool IsWhole(const Replayed& replayed, const verify::Message& message) {
  const Bits received(replayed.received, message.size);
  for (std::size_t i = 0; i < message.size; ++i) {
    if (received[i] != message.bits()[i]) return false;
  }
  return true;
}

Prediction PredictionOf(const verify::TransferSetup& setup, const Finding& finding) {
  return {setup, finding.message, finding.counterexample->steps};
}

const verify::PlantedBug& BugOf(std::string_view name) {
  return *std::ranges::find(verify::PlantedBugs(), name, &verify::PlantedBug::name);
}

// A run of a planted bug.
Prediction PredictionOf(std::string_view bug) {
  const auto setup = BugOf(bug).setup();
  return PredictionOf(setup, verify::StudyTransfer(setup, 4, {}));
}

std::string TestName(std::string name) {
  std::ranges::replace(name, '-', '_');
  return name;
}

// ---- Counterexamples ----------------------------------------------------------------------------

class PlantedReplay : public testing::TestWithParam<std::size_t> {};

TEST_P(PlantedReplay, FailsOnTheMachine) {
  const auto setup = verify::PlantedBugs()[GetParam()].setup();
  const Finding finding = verify::StudyTransfer(setup, 4, {});
  ASSERT_TRUE(finding.counterexample);
  SCOPED_TRACE(finding.trace);
  ExpectAsPredicted(PredictionOf(setup, finding), *finding.counterexample);
}

INSTANTIATE_TEST_SUITE_P(All, PlantedReplay,
                         testing::Range<std::size_t>(0, verify::PlantedBugs().size()),
                         [](const auto& param) {
                           return TestName(std::string(verify::PlantedBugs()[param.param].name));
                         });

std::vector<const ProtocolInfo*> Protocols(bool timed) {
  std::vector<const ProtocolInfo*> protocols;
  for (const ProtocolInfo* info : AllProtocols()) {
    // The gate stands before one thread of a process.
    if (info->timed == timed && !info->threads) protocols.push_back(info);
  }
  return protocols;
}

class ProtocolReplay : public testing::TestWithParam<const ProtocolInfo*> {};

// Each has one: what loses nothing is stopped by a foreign signal in its slot.
TEST_P(ProtocolReplay, FailsOnTheMachine) {
  std::size_t counterexamples = 0;
  for (const verify::Study& study : verify::StudiesOf(*GetParam(), false)) {
    const Finding finding = study.Run(kFewStates);
    if (!finding.counterexample) continue;
    SCOPED_TRACE(std::string(ToString(study.assumption)) + "\n" + finding.trace);
    ++counterexamples;
    const verify::TransferSetup setup{study.info->make(study.info->default_parameter),
                                      InfoOf(study.assumption).rules()};
    EXPECT_FALSE(setup.rules.lockstep);
    ExpectAsPredicted(PredictionOf(setup, finding), *finding.counterexample);
  }
  EXPECT_GE(counterexamples, 1u);
}

INSTANTIATE_TEST_SUITE_P(All, ProtocolReplay, testing::ValuesIn(Protocols(false)),
                         [](const auto& param) {
                           return TestName(std::string(param.param->name));
                         });

// Under virtual time a step is due at a moment, and the kernel cannot be made to run two processes
// to the nanosecond: between two permits of the gate lies more than a whole frame of `ppm`. So what
// the clock tells cannot be replayed, and nor can threads; that is all that is left out.
constexpr verify::Limits kTimedStates{.states = 40000};

TEST(Replay, LeavesOutVirtualTimeOnly) {
  std::vector<std::string> left_out;
  for (const ProtocolInfo* info : Protocols(true)) {
    for (const verify::Study& study : verify::StudiesOf(*info, false)) {
      const Finding finding = study.Run(kTimedStates);
      if (!finding.counterexample) continue;
      EXPECT_TRUE(InfoOf(finding.assumption).rules().lockstep);
      left_out.push_back(finding.protocol + ", " + std::string(ToString(finding.assumption)));
    }
  }
  EXPECT_EQ(left_out, std::vector<std::string>{"ppm, one process is not run for 5 us"});
}

// ---- Random runs --------------------------------------------------------------------------------

struct RandomRun {
  Prediction prediction;
  verify::Counterexample run;  // or what would be one
};

RandomRun WalkAtRandom(const verify::TransferSetup& setup, const verify::Message& message,
                       Transfer::Blank blank, std::uint64_t seed) {
  Transfer scenario(setup, message, blank);
  verify::World world(scenario.rules());
  scenario.Build(world);
  world.set_describing(true);
  std::mt19937_64 random(seed);
  RandomRun result{{setup, message, {}, blank}, {{Verdict::kLossFree, ""}, {}, {}, {}}};
  for (;;) {
    const auto enabled = world.Enabled();
    const auto violation = scenario.Judge(world, enabled.empty());
    if (violation) result.run.violation = *violation;
    if (violation || enabled.empty()) break;
    std::uniform_int_distribution<std::size_t> any(0, enabled.size() - 1);
    const std::size_t choice = any(random);
    result.run.choices.push_back(static_cast<std::uint16_t>(choice));
    result.run.steps.push_back(world.Take(enabled[choice]));
  }
  result.run.names = {"sender", "receiver"};
  result.prediction.steps = result.run.steps;
  return result;
}

verify::Message RandomMessage(const ProtocolInfo& info, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  if (!info.payload) return verify::MessageOf(12, random() % 4096);
  // Two and a half rounds.
  const auto bytes = static_cast<std::size_t>(2.5 * BitsPerRound(info.rounds).most) / kBitsPerByte;
  verify::Message message{std::vector<std::byte>(bytes), bytes * kBitsPerByte};
  for (std::byte& byte : message.bytes) byte = static_cast<std::byte>(random());
  return message;
}

constexpr std::uint64_t kRuns = 20;

struct RunsOf {
  std::string name;
  std::string protocol;
  verify::Rules rules;
  bool always_good;
};
void PrintTo(const RunsOf& runs, std::ostream* out) { *out << runs.name; }

class RandomReplay : public testing::TestWithParam<RunsOf> {};

// Nothing is filled in beforehand, so what is there in the end has come by signals.
TEST_P(RandomReplay, GoesAsTheModelSays) {
  const RunsOf& runs = GetParam();
  const auto choice = ChooseProtocol(AllProtocols(), runs.protocol);
  ASSERT_TRUE(choice);
  const verify::TransferSetup setup{choice->info->make(choice->parameter), runs.rules};
  const auto blank = runs.always_good ? Transfer::Blank::kComplement : Transfer::Blank::kMessage;
  for (std::uint64_t seed = 1; seed <= kRuns; ++seed) {
    const auto [prediction, run] =
        WalkAtRandom(setup, RandomMessage(*choice->info, seed), blank, seed);
    Transfer scenario(setup, prediction.message, blank);
    SCOPED_TRACE(Trace(run));
    EXPECT_TRUE(!runs.always_good || run.violation.kind == Verdict::kLossFree);
    const Replayed replayed = ExpectAsPredicted(prediction, run);
    if (runs.always_good && runs.rules.kills == 0) {
      EXPECT_TRUE(IsWhole(replayed, prediction.message));
    }
  }
}

const std::vector<RunsOf> kRandomRuns{{"ack", "ack", {}, true},
                                      {"lanes", "lanes", {}, true},
                                      {"siginfo", "siginfo", {}, true},
                                      {"runs_look", "runs", {}, true},
                                      {"pair_looks", "pair", {}, true},
                                      {"usleep_loses", "usleep:0", {}, false},
                                      {"ack_killed", "ack", {.kills = 1}, true},
                                      {"lanes_killed", "lanes", {.kills = 1}, true},
                                      {"runs_killed", "runs", {.kills = 1}, true}};
INSTANTIATE_TEST_SUITE_P(All, RandomReplay, testing::ValuesIn(kRandomRuns),
                         [](const auto& param) { return param.param.name; });

// ---- The replay itself --------------------------------------------------------------------------

// Long enough for any step; where a process is expected to hang it need not hang for long.
constexpr std::chrono::milliseconds kShort{1000};

// Its end is decided by the kernel's order.
Prediction Swapped() { return PredictionOf("two-in-flight"); }

TEST(ReplayItself, NoticesAnotherSignal) {
  Prediction prediction = Swapped();
  verify::Step& taking = prediction.steps.back();
  ASSERT_EQ(taking.text, "takes USR1");
  taking.text = "takes USR2";
  EXPECT_EQ(ReplayOnMachine(prediction, kShort).departure,
            "after 2 steps: takes USR1, and not: takes USR2");
}

TEST(ReplayItself, NoticesThatNothingVanished) {
  Prediction prediction = Swapped();
  prediction.steps[1].text += ", which vanishes";
  EXPECT_EQ(ReplayOnMachine(prediction, kShort).departure,
            "after 1 steps: sends USR1, and not: sends USR1, which vanishes");
}

// Of a model without the kernel's order, in which the first that was sent is taken first.
TEST(ReplayItself, NoticesAModelWithAnotherOrder) {
  Prediction prediction = Swapped();
  std::swap(prediction.steps[1], prediction.steps[2]);
  EXPECT_EQ(ReplayOnMachine(prediction, kShort).departure,
            "after 1 steps: takes USR2, and not: takes USR1");
}

TEST(ReplayItself, NoticesATakeBeforeTheSend) {
  Prediction prediction = Swapped();
  std::swap(prediction.steps[0], prediction.steps[2]);
  EXPECT_EQ(ReplayOnMachine(prediction, kShort).departure,
            "after 0 steps: the receiver does not come back");
}

TEST(ReplayItself, NoticesAnEndThatIsNone) {
  Prediction prediction = Swapped();
  prediction.steps.pop_back();
  EXPECT_EQ(ReplayOnMachine(prediction, kShort).departure,
            "after 2 steps: the receiver could go on");
}

Prediction CheckThenPause() { return PredictionOf("check-then-pause"); }

// It is no deadlock if the acknowledgement comes after the pause has begun.
TEST(ReplayItself, NoticesThatAPauseEnds) {
  Prediction prediction = CheckThenPause();
  const auto sending = std::ranges::find_if(prediction.steps, [](const verify::Step& step) {
    return step.transition.actor == verify::kReceiver && step.text == "sends USR1";
  });
  ASSERT_EQ(prediction.steps.end() - sending, 3);
  std::rotate(sending, sending + 1, prediction.steps.end());  // to the end
  std::erase_if(prediction.steps, [](const verify::Step& step) {
    return step.transition.kind == verify::Transition::Kind::kHandler;
  });
  EXPECT_EQ(ReplayOnMachine(prediction, kShort).departure,
            "after 5 steps: the sender finds no sleep");
}

// If it is pending when the signals are unblocked for the pause, the kernel runs the handler before
// the pause begins, without any help of the gate.
TEST(ReplayItself, LeavesTheRaceToTheKernel) {
  Prediction prediction = CheckThenPause();
  std::erase_if(prediction.steps, [](const verify::Step& step) {
    return step.transition.kind == verify::Transition::Kind::kHandler;
  });
  const Replayed replayed = ReplayOnMachine(prediction);
  EXPECT_EQ(replayed.departure, "");
  EXPECT_EQ(replayed.verdict, Verdict::kDeadlock);
}

}  // namespace
}  // namespace minitalk

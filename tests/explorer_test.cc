// The explorer and its world: that it sees every schedule, and finds what it has to find.
#include "verify/explorer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

#include "protocols/registry.h"
#include "verify/handshake_scenario.h"
#include "verify/planted.h"
#include "verify/study.h"

namespace minitalk::verify {
namespace {

TransferSetup SetupOf(std::string_view name) {
  const auto choice = ChooseProtocol(AllProtocols(), name);
  return {choice->info->make(choice->parameter)};
}

// The numbers are those of an independent explorer: (4N + 1) x 2^N.
TEST(Explorer, VisitsEveryStateOfPerBitAck) {
  for (std::size_t bits = 1; bits <= 8; ++bits) {
    std::uint64_t states = 0;
    for (std::uint64_t number = 0; number < std::uint64_t{1} << bits; ++number) {
      Transfer scenario(SetupOf("ack"), MessageOf(bits, number));
      const Exploration exploration = ExploreAll(scenario);
      EXPECT_FALSE(exploration.failure) << bits << " bits, number " << number;
      EXPECT_TRUE(exploration.complete);
      states += exploration.states;
    }
    EXPECT_EQ(states, (4 * bits + 1) << bits) << bits << " bits";
  }
}

// Pruning by histories must not cut away any way to end: without it the same ends are found.
TEST(Explorer, PrunesNothingThatMatters) {
  for (const std::string_view name : {"lanes", "clock", "pair", "usleep"}) {
    Transfer scenario(SetupOf(name), MessageOf(3, 0b011));
    const bool fails = ExploreAll(scenario).failure.has_value();
    bool fails_unpruned = false;
    std::vector<Choices> open{{}};
    while (!open.empty()) {  // every schedule, to its end
      const Choices choices = open.back();
      open.pop_back();
      for (std::uint16_t next = 0;; ++next) {
        Choices longer = choices;
        longer.push_back(next);
        const auto run = Replay(scenario, longer);
        if (!run) break;
        if (run->violation.kind != Verdict::kLossFree) {
          fails_unpruned = true;
        } else {
          open.push_back(longer);
        }
      }
    }
    EXPECT_EQ(fails, fails_unpruned) << name;
  }
}

TEST(Explorer, RepeatsARunFromItsChoices) {
  Transfer scenario(SetupOf("lanes"), MessageOf(6, 0b011011));
  const Exploration walk = Walk(scenario, 7);
  ASSERT_TRUE(walk.complete);
  EXPECT_EQ(Walk(scenario, 7).choices, walk.choices);
  std::set<Choices> walks;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) walks.insert(Walk(scenario, seed).choices);
  EXPECT_GT(walks.size(), 1u);
  const auto once = Replay(scenario, walk.choices);
  const auto again = Replay(scenario, walk.choices);
  ASSERT_TRUE(once && again);
  EXPECT_EQ(Sentences(*once), Sentences(*again));
  EXPECT_EQ(once->violation.kind, Verdict::kLossFree);
}

TEST(Explorer, RefusesChoicesThatDoNotExist) {
  Transfer scenario(SetupOf("ack"), MessageOf(1, 0));
  const Choices choices{0, 1};
  EXPECT_FALSE(Replay(scenario, choices));
}

TEST(Explorer, SaysWhenItDidNotSeeAll) {
  Transfer scenario(SetupOf("ack"), MessageOf(8, 0));
  EXPECT_FALSE(ExploreAll(scenario, {.states = 10}).complete);
  EXPECT_FALSE(ExploreAll(scenario, {.steps = 10}).complete);
  const std::atomic<bool> stop{true};
  EXPECT_FALSE(ExploreAll(scenario, {.stop = &stop}).complete);
}

// The verdict that each planted bug must get, and its shortest counterexample.
struct Expected {
  Verdict verdict;
  std::vector<std::string> trace;
};
const std::map<std::string_view, Expected> kExpected{
    {"check-then-pause",
     {Verdict::kDeadlock,
      {"sender sends USR1", "sender finds nothing", "receiver takes USR1", "receiver sends USR1",
       "sender handles USR1", "sender pauses"}}},
    {"resend-without-sequence",
     {Verdict::kCorrupt,
      {"sender sends USR1", "sender finds nothing", "receiver takes USR1", "sender sends USR1",
       "receiver sends USR1", "receiver takes USR1"}}},
    {"unchecked-sender",
     {Verdict::kCorrupt, {"receiver gets a foreign USR2", "receiver takes USR2, a foreign one"}}},
    {"clock-before-data", {Verdict::kCorrupt, {"sender sends USR2", "receiver takes USR2"}}},
    {"swapped-roles",
     {Verdict::kCorrupt, {"sender sends USR2", "sender sends USR1", "receiver takes USR1"}}},
    {"nesting-handlers",
     {Verdict::kCorrupt, {"sender sends USR1", "sender sends USR2", "receiver takes USR2"}}},
    {"two-in-flight",
     {Verdict::kCorrupt, {"sender sends USR2", "sender sends USR1", "receiver takes USR1"}}},
    {"unmatched-ack",
     {Verdict::kCorrupt,
      {"sender sends USR2", "sender sends private USR1", "receiver takes private USR1",
       "receiver sends USR2", "sender takes USR2", "sender sends USR1", "receiver takes USR1"}}},
    {"level-runs",
     {Verdict::kLoses,
      {"sender sends private USR1", "sender sends private USR1, which vanishes",
       "receiver takes private USR1", "receiver sends private USR1", "sender takes private USR1"}}},
    {"rle-without-ack",
     {Verdict::kLoses,
      {"sender sends USR2", "sender sends USR2, which vanishes", "receiver takes USR2"}}},
};

class PlantedBugTest : public testing::TestWithParam<PlantedBug> {};

TEST_P(PlantedBugTest, IsFoundByItsShortestTrace) {
  const PlantedBug& bug = GetParam();
  ASSERT_TRUE(kExpected.contains(bug.name));
  const Expected& expected = kExpected.at(bug.name);
  const Finding finding = StudyTransfer(bug.setup(), 4, {});
  EXPECT_STREQ(ToString(finding.verdict), ToString(expected.verdict));
  EXPECT_EQ(finding.steps, expected.trace) << finding.trace;
}

INSTANTIATE_TEST_SUITE_P(All, PlantedBugTest,
                         testing::ValuesIn(PlantedBugs().begin(), PlantedBugs().end()),
                         [](const auto& bug) {
                           std::string name(bug.param.name);
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

// Claims everything, and fills in nothing.
class Lazy final : public Protocol {
 public:
  void Send(Link&, Bits) const override {}
  std::size_t Receive(Link&, MutableBits bits) const override { return bits.size(); }
};

TEST(Explorer, FindsBitsThatWereNeverFilledIn) {
  const Finding finding = StudyTransfer({std::make_shared<Lazy>()}, 2, {});
  EXPECT_STREQ(ToString(finding.verdict), "corrupt");
}

// Sends each bit until it is acknowledged, for ever if need be.
class Livelock final : public Protocol {
 public:
  void Send(Link& link, Bits bits) const override {
    for (std::size_t i = 0; i < bits.size(); ++i) {
      do {
        link.Send(SignalFor(bits[i]), Lane::kShared);
      } while (!link.WaitFor(std::chrono::milliseconds(1)));
    }
  }
  std::size_t Receive(Link& link, MutableBits) const override { return link.Wait() ? 0 : 0; }
};

TEST(Explorer, DoesNotCallALivelockComplete) {
  const Finding finding = StudyTransfer({std::make_shared<Livelock>()}, 1, {.states = 1000});
  EXPECT_FALSE(finding.complete);
}

// A process that takes an interrupted wait for one that found nothing, and its peer.
class GivesUp final : public Scenario {
 public:
  explicit GivesUp(int interrupts) : rules_{.interrupts = interrupts} {}
  const Rules& rules() const override { return rules_; }
  void Build(World& world) override {
    world.Add("sender", [](Process& self) {
      self.Send(kReceiver, {Signal::kUsr1, Lane::kShared, {}});
    });
    world.Add("receiver", [this](Process& self) {
      took_ = self.Wait(Link::kUntilTimeout, kSender).signal.has_value();
    });
  }
  std::optional<Violation> Judge(const World&, bool at_end) override {
    if (!at_end || took_) return std::nullopt;
    return Violation{Verdict::kLoses, "the signal was not taken"};
  }

 private:
  Rules rules_;
  bool took_ = false;
};

TEST(Explorer, FindsAWaitThatIsNotResumedAfterEintr) {
  TransferSetup setup = SetupOf("ack");
  setup.rules.interrupts = 1;
  EXPECT_STREQ(ToString(StudyTransfer(setup, 2, {}).verdict), "loss-free");
  GivesUp patient(0);
  EXPECT_FALSE(ExploreAll(patient).failure);
  GivesUp hasty(1);
  EXPECT_TRUE(ExploreAll(hasty).failure);
}

// Of a protocol that cannot even be made: which studies there are follows from what it claims.
TEST(Studies, AreListedWithoutExploring) {
  const ProtocolInfo broken{
      .id = 200,
      .name = "broken",
      .summary = "throws",
      .loss_free = true,
      .make = [](std::uint32_t) -> std::unique_ptr<Protocol> { throw std::runtime_error("made"); }};
  const std::vector<Study> studies = StudiesOf(broken, false);
  EXPECT_EQ(studies.size(), 4u);
  EXPECT_THROW(studies.front().Run({}), std::runtime_error);
  EXPECT_FALSE(StudiesOfSession(std::array{&broken}, false).empty());
}

TEST(Studies, AssumptionsHaveTextsOfTheirOwn) {
  std::set<std::string_view> texts;
  for (const AssumptionInfo& assumption : AllAssumptions()) {
    EXPECT_EQ(ToString(assumption.id), assumption.text);
    EXPECT_TRUE(texts.insert(assumption.text).second) << assumption.text;
  }
}

// What each registered protocol claims of itself, with short messages; `make verify` has more.
TEST(Verdicts, AreAsTheProtocolsClaim) {
  for (const ProtocolInfo* info : AllProtocols()) {
    if (info->timed || info->payload) continue;
    const Finding finding = StudyTransfer(SetupOf(info->name), 5, {});
    EXPECT_EQ(finding.verdict == Verdict::kLossFree, info->loss_free) << finding.trace;
    EXPECT_TRUE(finding.complete) << info->name;
  }
}

TEST(Verdicts, AForeignSignalNeverChangesAnAcknowledgedBit) {
  TransferSetup setup = SetupOf("ack");
  setup.rules.foreign_signals = 1;
  const Finding finding = StudyTransfer(setup, 4, {});
  EXPECT_STREQ(ToString(finding.verdict), "deadlock");
  EXPECT_EQ(finding.steps.size(), 3u) << finding.trace;
}

// It takes the slot of a data line, and the clock comes all the same.
TEST(Verdicts, AForeignSignalCanChangeABitOfALine) {
  for (const std::string_view name : {"lanes", "clock"}) {
    TransferSetup setup = SetupOf(name);
    setup.rules.foreign_signals = 1;
    const Finding finding = StudyTransfer(setup, 4, {});
    EXPECT_STREQ(ToString(finding.verdict), "corrupt") << name;
    EXPECT_EQ(finding.steps.size(), 5u) << finding.trace;
  }
}

TEST(HandshakeScenario, ServesTwoClientsWhoseRequestsCoalesce) {
  Handshake scenario(
      {.rules = {.pauses = Rules::Pauses::kLong}, .clients = 2, .whole_messages = false});
  const Exploration exploration = ExploreAll(scenario);
  EXPECT_TRUE(exploration.complete);
  EXPECT_FALSE(exploration.failure);
}

// The tester tested: a client that asks only once is not always heard.
TEST(HandshakeScenario, FindsTheRequestThatCoalesced) {
  Handshake scenario({.rules = {.pauses = Rules::Pauses::kLong},
                      .clients = 2,
                      .whole_messages = false,
                      .connect_timeout = std::chrono::milliseconds(1)});
  const auto shortest = FindShortest(scenario, 30);
  ASSERT_TRUE(shortest);
  EXPECT_STREQ(ToString(shortest->violation.kind), "loses") << Trace(*shortest);
}

TEST(HandshakeScenario, ServesTheNextClientWhenOneIsKilled) {
  Handshake scenario({.rules = {.pauses = Rules::Pauses::kLong, .kills = 1},
                      .clients = 2,
                      .whole_messages = false});
  const Exploration exploration = ExploreAll(scenario);
  EXPECT_TRUE(exploration.complete);
  EXPECT_FALSE(exploration.failure);
}

TEST(HandshakeScenario, SharedSlotsMergeTheMessagesOfTwoClients) {
  SharedSlots scenario;
  const auto shortest = FindShortest(scenario, 20);
  ASSERT_TRUE(shortest);
  EXPECT_STREQ(ToString(shortest->violation.kind), "corrupt");
  EXPECT_EQ(shortest->steps.size(), 7u) << Trace(*shortest);
}

}  // namespace
}  // namespace minitalk::verify

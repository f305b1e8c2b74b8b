// The address as the message under every schedule, beyond what `minitalk-verify` asks: every
// arrangement of few threads, and a system that grants fewer than asked for, or none.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "protocols/registry.h"
#include "verify/study.h"

namespace minitalk::verify {
namespace {

struct Case {
  std::string protocol;
  SimThreads::Setup threads;
  std::size_t bits;  // of the longest messages
};

TransferSetup SetupOf(const Case& wanted, const Rules& rules) {
  const auto choice = ChooseProtocol(AllProtocols(), wanted.protocol);
  TransferSetup setup{choice->info->make(choice->parameter), rules};
  setup.threads = wanted.threads;
  return setup;
}

// Two groups in one round, so that the last arrival answers for both; one thread alone; two banks
// of two groups; a thread refused, and all of them.
const std::vector<Case> kCases{
    {"index:4", {.most = 8, .apart = false}, 6}, {"index:2", {.most = 8, .apart = true}, 6},
    {"index:1", {.most = 8, .apart = true}, 3},  {"index:8", {.most = 8, .apart = true}, 5},
    {"index:4", {.most = 3, .apart = true}, 4},  {"index:4", {.most = 0, .apart = true}, 4}};

TEST(IndexSchedules, EveryArrangementLosesNothing) {
  for (const Case& wanted : kCases) {
    const Finding finding = StudyTransfer(SetupOf(wanted, {}), wanted.bits, {});
    EXPECT_EQ(finding.verdict, Verdict::kLossFree) << wanted.protocol << '\n' << finding.trace;
    EXPECT_TRUE(finding.complete) << wanted.protocol;
  }
}

TEST(IndexSchedules, TheSurvivorOfAKillComesToAnEnd) {
  for (const Case& wanted : kCases) {
    const Finding finding = StudyTransfer(SetupOf(wanted, {.kills = 1}), 3, {});
    EXPECT_EQ(finding.verdict, Verdict::kLossFree) << wanted.protocol << '\n' << finding.trace;
    EXPECT_TRUE(finding.complete) << wanted.protocol;
  }
}

// Threads do run in any order: the search sees a round's second signal being taken first.
TEST(IndexSchedules, TheOrderWithinARoundIsNobodys) {
  const TransferSetup setup = SetupOf(kCases[0], {});
  std::set<std::string> orders;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Transfer scenario(setup, MessageOf(4, 0b0110));
    const auto run = Replay(scenario, Walk(scenario, seed).choices);
    ASSERT_TRUE(run);
    std::string order;
    for (const std::string& step : Sentences(*run)) {
      if (step.starts_with("thread") && step.find("takes") != step.npos) order += step + "; ";
    }
    orders.insert(order);
  }
  EXPECT_GT(orders.size(), 1u);
}

}  // namespace
}  // namespace minitalk::verify

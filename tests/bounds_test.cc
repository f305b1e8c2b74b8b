// The bounds against figures that are known otherwise: by a formula, by counting sequences one by
// one, or by hand.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "core/wire/rounds.h"
#include "protocols/registry.h"

namespace minitalk {
namespace {

constexpr double kExact = 1e-9;

Rate RateOf(std::string_view protocol) {
  return BitsPerRound(ChooseProtocol(AllProtocols(), protocol)->info->rounds);
}

struct Known {
  const char* protocol;
  double most;
  double random;
};

TEST(Bounds, AreWhatIsKnownOfEachProtocol) {
  double gamma = 1;  // the Elias gamma code of a run of random bits
  for (int k = 1; k < 10; ++k) gamma += 2 * std::pow(0.5, std::pow(2, k) - 1);
  for (const auto& [protocol, most, random] :
       {Known{"ack", 1, 1}, Known{"clock", 1, 1}, Known{"lanes", 3, 3}, Known{"ppm", 5, 5},
        Known{"pair", std::log2((3 + std::sqrt(5)) / 2), 4.0 / 3}, Known{"rle", 1, 2 / gamma},
        Known{"sigqueue", 128, 128}, Known{"siginfo", 640, 640}, Known{"usleep", 0, 0}}) {
    EXPECT_NEAR(RateOf(protocol).most, most, kExact) << protocol;
    EXPECT_NEAR(RateOf(protocol).random, random, kExact) << protocol;
  }
}

// How many sequences of symbols have so many rounds: by the last symbol, one symbol at a time.
TEST(Bounds, OfRunsIsTheGrowthOfItsSequences) {
  constexpr int kRounds = 30;
  constexpr int kSymbols = 4;
  using Counts = std::vector<double>;
  std::vector<Counts> ways(kRounds + 1, Counts(kSymbols, 0));
  ways[0] = Counts(kSymbols, 0);
  std::vector<double> total(kRounds + 1, 0);
  total[0] = 1;
  for (int round = 1; round <= kRounds; ++round) {
    for (int symbol = 0; symbol < kSymbols; ++symbol) {
      double begins = round == 1 ? 1 : 0;
      for (int last = symbol; last < kSymbols; ++last) begins += ways[round - 1][last];
      double goes_on = 0;
      for (int last = 0; last < symbol; ++last) goes_on += ways[round][last];
      ways[round][symbol] = begins + goes_on;
    }
    total[round] = std::accumulate(ways[round].begin(), ways[round].end(), 0.0);
  }
  const double growth = total[kRounds] / total[kRounds - 1];
  EXPECT_NEAR(growth, 13.80, 0.01);
  EXPECT_NEAR(RateOf("runs").most, std::log2(growth), kExact);
  EXPECT_NEAR(RateOf("runs").random, 2 / (1 - 3.0 / 8), kExact);
}

// Rounds of 2 and of 3 us, chosen freely: the rate C solves 2^-2C + 2^-3C = 1, so 2^C is the real
// root of x^3 = x + 1.
TEST(Bounds, OfUnequalCostsIsShannons) {
  constexpr SlotSet kSets[] = {kSharedUsr2, kSharedUsr1 | kSharedUsr2};
  const SignalCosts costs{.send_ns = 600, .take_ns = 400, .floor_round_ns = 2000, .one_cpu = true};
  const Rate rate = BitsPerMicrosecond({.sets = kSets}, costs);
  EXPECT_NEAR(rate.most, std::log2(1.324717957244746), kExact);
  EXPECT_NEAR(rate.random, 1 / 2.5, kExact);
}

// What a floor's round takes beside its four calls is waiting, and shared where rounds overlap.
TEST(Bounds, OverlappingRoundsShareTheWay) {
  constexpr SlotSet kOne[] = {kSharedUsr1};
  const auto most = [&](int under_way, bool one_cpu) {
    const SignalCosts costs{
        .send_ns = 500, .take_ns = 250, .floor_round_ns = 4000, .one_cpu = one_cpu};
    EXPECT_NEAR(WakeUpNs(costs), 1250, kExact);
    return BitsPerMicrosecond({.sets = kOne, .bits_per_signal = 8, .under_way = under_way}, costs)
        .most;
  };
  EXPECT_NEAR(most(1, true), 8 / 4.0, kExact);
  EXPECT_NEAR(most(1, false), 8 / 4.0, kExact);
  EXPECT_NEAR(most(2, true), 8 / (1.5 + 1.25), kExact);
  EXPECT_NEAR(most(2, false), 8 / 2.0, kExact);
  EXPECT_NEAR(most(100, false), 8 / 0.75, kExact);  // the end that sends and takes is the limit
}

// No protocol is better on random bits than its bound, at any costs.
TEST(Bounds, RandomBitsStayBelow) {
  for (const ProtocolInfo* info : AllProtocols()) {
    for (const bool one_cpu : {true, false}) {
      const SignalCosts costs{
          .send_ns = 590, .take_ns = 300, .floor_round_ns = 2500, .one_cpu = one_cpu};
      const Rate rate = BitsPerMicrosecond(info->rounds, costs);
      EXPECT_LE(rate.random, rate.most + kExact) << info->name;
      EXPECT_EQ(rate.most > 0, !info->rounds.sets.empty()) << info->name;
    }
  }
}

}  // namespace
}  // namespace minitalk

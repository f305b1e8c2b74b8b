#include "core/wire/rounds.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <numeric>
#include <vector>

namespace minitalk {
namespace {

using Time = std::function<double(int signals)>;  // of a round
using Vector = std::vector<double>;

// More than enough for 12 digits: the matrices are small, dense and of low rank.
constexpr int kIterations = 50;
double Rounded(double value) { return std::round(value * 1e12) / 1e12; }

int Lowest(SlotSet set) { return std::countr_zero(set); }
int Highest(SlotSet set) { return std::bit_width(set) - 1; }

class Channel {
 public:
  Channel(const Rounds& rounds, const Time& time) : rounds_(rounds), time_(time) {}

  Rate Find() const {
    if (rounds_.sets.empty()) return {};
    return {.most = Rounded(Capacity()), .random = Rounded(OnRandomBits())};
  }

 private:
  std::size_t size() const { return rounds_.sets.size(); }
  int Signals(std::size_t i) const { return std::popcount(rounds_.sets[i]); }
  // Beside the choice of the set.
  double Extra(std::size_t i) const {
    return rounds_.bits_per_round + rounds_.bits_per_signal * Signals(i);
  }
  bool MayFollow(std::size_t next, std::size_t last) const {
    return !rounds_.increasing || Lowest(rounds_.sets[next]) <= Highest(rounds_.sets[last]);
  }

  // Where the number of different sequences of duration t grows as 2^(rate t): there the growth of
  // the matrix of all steps, each weighed with 2^(bits - rate x time), is 1.
  double Capacity() const {
    double low = 0;
    double high = 0;
    for (std::size_t i = 0; i < size(); ++i) {
      low = std::max(low, Extra(i) / time_(Signals(i)));
      high = std::max(high, (Extra(i) + std::log2(size())) / time_(Signals(i)));
    }
    for (int i = 0; i < kIterations; ++i) {
      const double rate = std::midpoint(low, high);
      (Growth(rate) > 1 ? low : high) = rate;
    }
    return high;
  }

  double Growth(double rate) const {
    Vector weight(size());
    for (std::size_t i = 0; i < size(); ++i) {
      weight[i] = std::exp2(Extra(i) - rate * time_(Signals(i)));
    }
    Vector ways(size(), 1);
    double growth = 0;
    for (int k = 0; k < kIterations; ++k) {
      Vector longer(size());
      for (std::size_t last = 0; last < size(); ++last) {
        for (std::size_t next = 0; next < size(); ++next) {
          if (MayFollow(next, last)) longer[last] += weight[next] * ways[next];
        }
      }
      growth = *std::ranges::max_element(longer);
      std::ranges::transform(longer, ways.begin(), [&](double w) { return w / growth; });
    }
    return growth;
  }

  double OnRandomBits() const {
    const Vector share = Shares();
    const double slots = std::popcount(AllSlots());
    double bits = 0;
    double time = 0;
    for (std::size_t i = 0; i < size(); ++i) {
      const double choice = rounds_.increasing ? Signals(i) * std::log2(slots) : std::log2(size());
      bits += share[i] * (choice + Extra(i));
      time += share[i] * time_(Signals(i));
    }
    return rounds_.code_rate * bits / time;
  }

  SlotSet AllSlots() const {
    return std::accumulate(
        rounds_.sets.begin(), rounds_.sets.end(), SlotSet{0},
        [](SlotSet all, SlotSet set) { return static_cast<SlotSet>(all | set); });
  }

  // How often each set comes on random bits.
  Vector Shares() const {
    Vector share(size(), 1.0 / static_cast<double>(size()));
    for (int k = 0; rounds_.increasing && k < kIterations; ++k) {
      Vector after(size());
      for (std::size_t last = 0; last < size(); ++last) {
        for (std::size_t next = 0; next < size(); ++next) {
          after[next] += share[last] * Chance(next, last);
        }
      }
      share = after;
    }
    return share;
  }

  // Of `next` after `last`, if each signal's slot is drawn anew: the first is none that would have
  // continued `last`, the others increase, and then one comes that does not.
  double Chance(std::size_t next, std::size_t last) const {
    if (!MayFollow(next, last)) return 0;
    const SlotSet slots = AllSlots();
    // How many slots do not lie behind the set.
    const auto not_behind = [&](std::size_t i) {
      return std::popcount(slots & (2u * std::bit_floor(rounds_.sets[i]) - 1));
    };
    const double one = 1.0 / std::popcount(slots);
    return std::pow(one, Signals(next)) * not_behind(next) / not_behind(last);
  }

  const Rounds& rounds_;
  const Time& time_;
};

}  // namespace

Rate BitsPerRound(const Rounds& rounds) {
  return Channel(rounds, [](int) { return 1.0; }).Find();
}

double WakeUpNs(const SignalCosts& costs) {
  return std::max(costs.floor_round_ns / 2 - costs.send_ns - costs.take_ns, 0.0);
}

// The answer is one signal. On one CPU all work adds up, and rounds that are under way together
// share the wake-ups; on two, the busier end sets the pace, or the way there and back.
Rate BitsPerMicrosecond(const Rounds& rounds, const SignalCosts& costs) {
  const double both = costs.send_ns + costs.take_ns;
  const auto time_us = [&](int signals) {
    if (costs.one_cpu) {
      return ((signals + 1) * both + 2 * WakeUpNs(costs) / rounds.under_way) / 1000;
    }
    const double slower = std::max(costs.send_ns, costs.take_ns);
    const double way = (costs.floor_round_ns + (signals - 1) * slower) / rounds.under_way;
    return std::max({signals * costs.send_ns + costs.take_ns,
                     signals * costs.take_ns + costs.send_ns, way}) /
           1000;
  };
  return Channel(rounds, time_us).Find();
}

}  // namespace minitalk

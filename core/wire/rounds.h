// What a round of a protocol may hold, and what follows from it: how many bits a round and a
// microsecond can carry without any error. The most is the capacity of a noiseless channel whose
// symbols cost unequal times (Shannon 1948), here the sets of slots that one round fills, of which
// some may not follow others.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace minitalk {

// The slots of a receiver as bits of a set, in the order in which the kernel empties them.
using SlotSet = std::uint8_t;
inline constexpr SlotSet kPrivateUsr1 = 1;
inline constexpr SlotSet kPrivateUsr2 = 2;
inline constexpr SlotSet kSharedUsr1 = 4;
inline constexpr SlotSet kSharedUsr2 = 8;

// What each round of a protocol may be. The sets are kept by reference, and outlive it.
struct Rounds {
  // What a round may fill. Empty: the protocol has no rounds, and no figures.
  std::span<const SlotSet> sets = {};
  // A round goes on for as long as the next slot lies behind the last one. So two rounds that could
  // have been one never follow each other, and on random bits each signal's slot is chosen anew.
  bool increasing = false;
  double bits_per_signal = 0;  // beside its slot: a payload, or the thread that it goes to
  double bits_per_round = 0;   // beside its set: the moment
  double code_rate = 1;        // of the protocol's code for the bits, on random ones
  int under_way = 1;           // rounds at a time
};

// One signal in each round, USR1 or USR2: per-bit stop-and-wait.
inline constexpr std::array<SlotSet, 2> kOneShared{kSharedUsr1, kSharedUsr2};

// Any of the private slots, and one of the shared ones as a clock.
inline constexpr std::array<SlotSet, 8> kLinesAndClock{4, 5, 6, 7, 8, 9, 10, 11};

// Every set of so many slots from `lowest` on, but for the empty one.
template <unsigned kSlots>
constexpr std::array<SlotSet, (1u << kSlots) - 1> AllSets(SlotSet lowest) {
  std::array<SlotSet, (1u << kSlots) - 1> sets{};
  for (unsigned i = 0; i < sets.size(); ++i) sets[i] = static_cast<SlotSet>((i + 1) * lowest);
  return sets;
}

// Bits in a round or in a microsecond, without any error; 0: there are no rounds.
struct Rate {
  double most = 0;    // over all codes for the bits: the bound
  double random = 0;  // the protocol itself, on uniformly random bits
};

// What a machine's signals cost, in one placement.
struct SignalCosts {
  double send_ns;
  double take_ns;
  double floor_round_ns;  // one signal there and one back, with all waiting and waking
  bool one_cpu;           // both ends share it, so their work adds up
};

// 0: has no rounds.
Rate BitsPerRound(const Rounds& rounds);
Rate BitsPerMicrosecond(const Rounds& rounds, const SignalCosts& costs);

// Waking the other end, or reaching it, once: half of what a floor's round takes beside its calls.
double WakeUpNs(const SignalCosts& costs);

}  // namespace minitalk

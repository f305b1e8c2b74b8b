// The search through all schedules of a world: exhaustive, cut short where a state has been seen
// before; breadth first, for the shortest counterexample; at random, where there are too many.
//
// A fibre cannot be copied, so the way back to a state is to run the world again from the start
// with the same choices. That is also what makes every run repeatable: a list of choices is all.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "verify/world.h"

namespace minitalk::verify {

// In the order of preference where several kinds are equally short.
enum class Verdict : std::uint8_t { kLossFree, kLoses, kCorrupt, kDeadlock };
const char* ToString(Verdict verdict);  // "loss-free", "loses", ...

// A property that does not hold.
struct Violation {
  Verdict kind;
  std::string text;  // "bit 1 of the message is 0, and 1 was received"
};

// A closed system and what must hold in it. One object serves one thread; Build() starts it anew.
class Scenario {
 public:
  virtual ~Scenario() = default;
  virtual const Rules& rules() const = 0;
  virtual void Build(World& world) = 0;
  // Called after each step, and with `at_end` once nothing can happen any more.
  virtual std::optional<Violation> Judge(const World& world, bool at_end) = 0;
  // What Judge() remembers of the processes beside the world's state.
  virtual std::uint64_t Digest() const { return 0; }
};

using Choices = std::vector<std::uint16_t>;

// A run that ended badly.
struct Counterexample {
  Violation violation;
  Choices choices;
  std::vector<Step> steps;
  std::vector<std::string> names = {};  // of the processes, also of those forked on the way
};

// What a search or a walk saw.
struct Exploration {
  std::uint64_t states = 0;     // different ones
  std::uint64_t schedules = 0;  // complete runs, from the start to an end
  bool complete = true;         // false: `limits` ended it
  bool paused = false;          // a process has used Link::Pause()
  Choices choices;              // of a walk
  std::optional<Counterexample> failure;
};

// After what a search is given up, incomplete.
struct Limits {
  std::uint64_t states = 5'000'000;
  std::size_t steps = 100'000;              // of one run
  std::size_t processes = 32;               // at a time; who forks more forks for ever
  const std::atomic<bool>* stop = nullptr;  // ends the search from outside
};

// Every schedule, up to the first violation, which need not be a short one.
//
// Each step makes a history longer, so no state comes twice on one path: the graph of states has
// no cycles. If the search is complete, every path therefore ends, and every end was judged: from
// every state an end is reached, whatever the schedule. A livelock has no end, and shows as a
// search that is not complete.
Exploration ExploreAll(Scenario& scenario, const Limits& limits = {});

// The shortest violation, of the preferred kind if there are several of that length; nothing if
// there is none within `max_steps` or the limits. With `only`, of that kind.
std::optional<Counterexample> FindShortest(Scenario& scenario, std::size_t max_steps,
                                           const Limits& limits = {},
                                           std::optional<Verdict> only = std::nullopt);

// One schedule, chosen at random; the same for the same seed.
Exploration Walk(Scenario& scenario, std::uint64_t seed, const Limits& limits = {});

// Runs the choices and tells what happened. Nothing: a choice does not exist, so they belong to
// another scenario. Without a violation the counterexample's is kLossFree.
std::optional<Counterexample> Replay(Scenario& scenario, std::span<const std::uint16_t> choices);

// The steps as a table, a column for each process. / As sentences: "sender sends USR1".
std::string Trace(const Counterexample& counterexample);
std::vector<std::string> Sentences(const Counterexample& counterexample);

}  // namespace minitalk::verify

// The search through the schedules of a pair: the usual one first, then all that interrupt a
// process once, twice, ... which could go on (bounded preemption, Musuvathi and Qadeer), then
// random priorities (PCT, Burckhardt and others). A schedule is a list of choices, and the same
// list gives the same run.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "pairs/explore/stage.h"

namespace minitalk::explore {

// The index of what was done wherever more than one thing could be; behind its end the first.
using Choices = std::vector<std::uint16_t>;

// As verify/ calls them, and two that only real programs have.
enum class Verdict : std::uint8_t { kNoneFound, kLoses, kCorrupt, kDeadlock, kCrash, kUnsafe };
const char* ToString(Verdict verdict);  // "none found", "loses", ...

// How a run ended, by itself or because all that follows is known.
struct Run {
  Verdict verdict = Verdict::kNoneFound;
  std::string reason;  // in a clause
  Choices choices;
  std::vector<Event> events;
  std::vector<std::string> names;  // of the processes
  int preemptions = 0;
  bool pruned = false;   // came to a state that was seen before
  bool endless = false;  // nothing more is to be expected of it, or it takes too many steps
};

// When to stop, and what is allowed.
struct Limits {
  int preemptions = 2;
  std::chrono::nanoseconds budget = std::chrono::seconds(10);
  std::uint64_t seed = 1;
  bool random_rest = true;  // the rest of the budget goes to schedules at random
};

// What was seen.
struct Exploration {
  std::vector<Run> found;       // the shortest of each kind, the shortest of all first
  std::uint64_t schedules = 0;  // runs, to their end or to a known state
  std::uint64_t random_schedules = 0;
  std::uint64_t states = 0;
  int complete_preemptions = -1;  // every schedule with at most so many was seen
  bool exhausted = false;         // every schedule was seen
  bool interrupted = false;
  double seconds = 0;
};

// What the usual schedule gives, which the others have to give as well.
struct Expected {
  std::string output;
  std::size_t copies = 0;  // of the message in it
  std::optional<int> client_status;
  std::string ending;  // of a program alone: "waits in pause()"
};

// Of the end of a run: compares it with what is expected.
void Judge(const World& world, const std::string& message, const Expected& expected, Run* run);
// What a run that ended well is expected to give again.
Expected ExpectationOf(const World& world, const std::string& message);

// Explores one pair. Throws as Stage does, but for Interrupted while it explores.
class Search {
 public:
  // `progress` is told now and then.
  Search(Stage& stage, const Limits& limits,
         std::function<void(const Exploration&, int preemptions)> progress = nullptr);
  Exploration Explore();
  // One schedule, with the lines of source where they are known.
  Run Replay(const Choices& choices);

 private:
  struct Node {
    Choices choices;
    int preemptions;
  };
  void RunAsUsual();
  void ExploreLevels();
  void ExploreAtRandom();
  Run RunOne(const Node& node);
  Run RunRandom(std::uint64_t seed);
  void Expand(const World& world, const std::vector<Option>& options, const Run& run);
  bool IsTooLong(const World& world) const;
  void Finish(World& world, Run& run) const;
  void Note(Run run);
  bool IsOver() const;
  std::chrono::nanoseconds Elapsed() const;

  Stage& stage_;
  Limits limits_;
  std::function<void(const Exploration&, int)> progress_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  Exploration exploration_;
  std::optional<Expected> expected_;
  std::unordered_set<std::uint64_t> seen_;
  std::map<int, std::vector<Node>> levels_;  // yet to be run, by their preemptions
  bool wants_sources_ = false;
  bool left_out_ = false;    // there are schedules with more preemptions
  std::size_t longest_ = 0;  // of the random schedules, in choices
};

}  // namespace minitalk::explore

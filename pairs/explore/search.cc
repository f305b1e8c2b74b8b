#include "pairs/explore/search.h"

#include <algorithm>
#include <random>
#include <tuple>

namespace minitalk::explore {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kMostSteps = 50'000;  // of a run
// Steps in which nothing happens but the ends of pauses: of a client that may give up some time,
// and where it cannot.
constexpr int kMostIdle = 3000;
constexpr int kMostIdleServer = 12;
constexpr std::size_t kClient = 1;

// Time alone may make it go on.
bool IsTimed(const Process& process) {
  return process.at == At::kUser ||
         (process.at == At::kCall && (!process.waiting.sleeps || process.waiting.deadline)) ||
         std::ranges::any_of(process.timers,
                             [](const auto& timer) { return timer.second.deadline.has_value(); });
}

// Nothing more is to be expected of it.
bool IsIdle(const World& world) {
  const auto& processes = world.processes();
  const bool waits = processes.size() > kClient && IsTimed(processes[kClient]);
  return world.idle() > (waits ? kMostIdle : kMostIdleServer);
}

}  // namespace

Search::Search(Stage& stage, const Limits& limits,
               std::function<void(const Exploration&, int)> progress)
    : stage_(stage), limits_(limits), progress_(std::move(progress)) {}

std::chrono::nanoseconds Search::Elapsed() const { return Clock::now() - start_; }
bool Search::IsOver() const { return Elapsed() >= limits_.budget; }

// A longer one than the one that was found is of no use.
bool Search::IsTooLong(const World& world) const {
  return !exploration_.found.empty() && !stage_.subject().alone() &&
         world.events().size() > exploration_.found.front().events.size();
}

void Search::Expand(const World& world, const std::vector<Option>& options, const Run& run) {
  if (IsTooLong(world)) return;
  for (std::size_t i = options.size(); i-- > 1;) {
    const int preemptions = run.preemptions + options[i].cost;
    if (preemptions > limits_.preemptions) {
      left_out_ = true;
      continue;
    }
    Node node{run.choices, preemptions};
    node.choices.push_back(static_cast<std::uint16_t>(i));
    levels_[preemptions].push_back(std::move(node));
  }
}

Run Search::RunOne(const Node& node) {
  const auto world = stage_.NewWorld();
  if (wants_sources_) world->AskForSources();
  Run run;
  for (int steps = 0;; ++steps) {
    const std::vector<Option>& options = world->Options();
    run.endless = steps == kMostSteps || (IsIdle(*world) && !options.empty());
    if (options.empty() || run.endless || !world->unsafe().empty()) break;
    std::size_t choice = 0;
    if (options.size() > 1) {
      if (run.choices.size() < node.choices.size()) {
        choice = std::min<std::size_t>(node.choices[run.choices.size()], options.size() - 1);
      } else if (seen_.insert(world->Key()).second) {
        Expand(*world, options, run);
      } else {
        run.pruned = true;
        return run;
      }
      run.choices.push_back(static_cast<std::uint16_t>(choice));
    }
    run.preemptions += options[choice].cost;
    const Option option = options[choice];
    world->Do(option);
  }
  Finish(*world, run);
  return run;
}

// Priorities: the highest who can move does; at a few random moments the highest becomes the
// lowest.
Run Search::RunRandom(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
  const auto world = stage_.NewWorld();
  Run run;
  std::vector<std::uint64_t> priorities;
  std::vector<std::size_t> changes;
  for (int i = 0; i < limits_.preemptions + 1; ++i) {
    changes.push_back(below(std::max<std::size_t>(longest_, 16)));
  }
  for (int steps = 0;; ++steps) {
    const std::vector<Option>& options = world->Options();
    run.endless = steps == kMostSteps || (IsIdle(*world) && !options.empty());
    if (options.empty() || run.endless) break;
    std::size_t choice = 0;
    if (options.size() > 1) {
      while (priorities.size() < world->processes().size()) priorities.push_back(random() >> 1 | 1);
      const auto priority = [&](const Option& option) {
        return priorities[static_cast<std::size_t>(option.process)];
      };
      const auto most = std::ranges::max(options, {}, priority);
      if (std::ranges::find(changes, run.choices.size()) != changes.end()) {
        priorities[static_cast<std::size_t>(most.process)] = limits_.seed % 2;
      }
      std::vector<std::size_t> best;
      for (std::size_t i = 0; i < options.size(); ++i) {
        if (priority(options[i]) == priority(most)) best.push_back(i);
      }
      choice = best[below(best.size())];
      run.choices.push_back(static_cast<std::uint16_t>(choice));
    }
    run.preemptions += options[choice].cost;
    const Option option = options[choice];
    world->Do(option);
  }
  longest_ = std::max(longest_, run.choices.size());
  Finish(*world, run);
  return run;
}

void Search::Finish(World& world, Run& run) const {
  Judge(world, stage_.subject().message, *expected_, &run);
  run.events = world.events();
  // What follows the last thing that happened are pauses without an end.
  if (run.endless) {
    const auto last =
        std::ranges::find_if(run.events.rbegin(), run.events.rend(),
                             [](const auto& e) { return e.kind != Event::Kind::kTimesOut; });
    run.events.erase(last.base(), run.events.end());
  }
  if (run.verdict != Verdict::kNoneFound && run.verdict != Verdict::kUnsafe) {
    for (Event& event : world.Waits()) run.events.push_back(std::move(event));
  }
  for (const Process& process : world.processes()) run.names.push_back(process.name);
  while (!run.choices.empty() && run.choices.back() == 0) run.choices.pop_back();
}

// Keeps the shortest of each kind, of those with the fewest preemptions.
void Search::Note(Run run) {
  ++exploration_.schedules;
  exploration_.states = seen_.size();
  if (run.verdict != Verdict::kNoneFound) {
    const auto rank = [](const Run& one) {
      return std::tuple(one.preemptions, one.events.size(), one.verdict);
    };
    const auto same = std::ranges::find(exploration_.found, run.verdict, &Run::verdict);
    if (same == exploration_.found.end()) {
      exploration_.found.push_back(std::move(run));
    } else if (rank(run) < rank(*same)) {
      *same = std::move(run);
    }
    std::ranges::sort(exploration_.found, {}, rank);
  }
  if (progress_) progress_(exploration_, levels_.empty() ? 0 : levels_.begin()->first);
}

void Search::ExploreLevels() {
  levels_[0].push_back({{}, 0});
  while (!levels_.empty()) {
    const int level = levels_.begin()->first;
    std::vector<Node>& nodes = levels_.begin()->second;
    if (nodes.empty()) {
      exploration_.complete_preemptions = level;
      levels_.erase(levels_.begin());
      if (!exploration_.found.empty()) return;
      continue;
    }
    if (IsOver()) return;
    const Node node = std::move(nodes.back());
    nodes.pop_back();
    Note(RunOne(node));
  }
  exploration_.complete_preemptions = limits_.preemptions;
  exploration_.exhausted = !left_out_;
}

void Search::ExploreAtRandom() {
  for (std::uint64_t i = 0; !IsOver() && exploration_.found.empty(); ++i) {
    ++exploration_.random_schedules;
    Note(RunRandom(Mix(limits_.seed, i)));
  }
}

// What the schedule without any choice gives is what the others have to give.
void Search::RunAsUsual() {
  if (expected_) return;
  const auto world = stage_.NewWorld();
  for (int i = 0; i < kMostSteps && !world->Options().empty() && !IsIdle(*world); ++i) {
    world->Do(Option(world->Options().front()));
  }
  expected_ = ExpectationOf(*world, stage_.subject().message);
}

Exploration Search::Explore() {
  start_ = Clock::now();
  try {
    RunAsUsual();
    ExploreLevels();
    if (limits_.random_rest && !exploration_.exhausted) ExploreAtRandom();
    for (Run& run : exploration_.found) run = Replay(run.choices);
  } catch (const Interrupted&) {
    exploration_.interrupted = true;
  }
  exploration_.seconds = std::chrono::duration<double>(Elapsed()).count();
  return exploration_;
}

Run Search::Replay(const Choices& choices) {
  RunAsUsual();
  seen_.clear();
  wants_sources_ = true;
  Run run = RunOne({choices, 0});
  wants_sources_ = false;
  return run;
}

}  // namespace minitalk::explore

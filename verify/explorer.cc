#include "verify/explorer.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <unordered_set>

namespace minitalk::verify {
namespace {

struct KeyHash {
  std::size_t operator()(const Key& key) const { return key.low; }
};

// One run: the world, and what led to where it stands.
class Run {
 public:
  explicit Run(Scenario& scenario) : scenario_(scenario), world_(scenario.rules()) {
    scenario.Build(world_);
    enabled_ = world_.Enabled();
    Judge();
  }

  // REQUIRES: choice < branches() and no violation yet.
  void Choose(std::uint16_t choice) {
    Step step = world_.Take(enabled_[choice]);
    if (recording_) steps_.push_back(std::move(step));
    choices_.push_back(choice);
    enabled_ = world_.Enabled();
    Judge();
  }
  // False: there is no such choice.
  bool Follow(std::span<const std::uint16_t> choices) {
    for (const std::uint16_t choice : choices) {
      if (choice >= branches()) return false;
      Choose(choice);
    }
    return true;
  }

  void Record() {
    recording_ = true;
    world_.set_describing(true);
  }
  std::size_t branches() const { return violation_ ? 0 : enabled_.size(); }
  bool at_end() const { return branches() == 0; }
  const std::optional<Violation>& violation() const { return violation_; }
  const Choices& choices() const { return choices_; }
  std::vector<Step> TakeSteps() { return std::move(steps_); }
  World& world() { return world_; }
  Key StateKey() const {
    Key key = world_.StateKey();
    key.low ^= scenario_.Digest() * 0x9e3779b97f4a7c15;
    return key;
  }

 private:
  void Judge() { violation_ = scenario_.Judge(world_, enabled_.empty()); }

  Scenario& scenario_;
  World world_;
  std::span<const Transition> enabled_;
  std::optional<Violation> violation_;
  Choices choices_;
  std::vector<Step> steps_;
  bool recording_ = false;
};

Counterexample Record(Scenario& scenario, const Choices& choices) {
  return *Replay(scenario, choices);
}

// Depth first: each run goes on from the deepest choice that is not exhausted.
class DepthFirst {
 public:
  DepthFirst(Scenario& scenario, const Limits& limits) : scenario_(scenario), limits_(limits) {}

  Exploration Search() {
    do {
      if (!RunOnce()) return result_;
    } while (Backtrack());
    return result_;
  }

 private:
  struct Level {
    std::uint16_t choice;
    std::uint16_t branches;
  };

  // False: the search is over.
  bool RunOnce() {
    Run run(scenario_);
    for (const Level& level : levels_) run.Choose(level.choice);
    for (;;) {
      if (!seen_.insert(run.StateKey()).second) return true;
      ++result_.states;
      result_.paused = result_.paused || run.world().paused();
      if (run.violation()) {
        result_.failure = Record(scenario_, run.choices());
        return false;
      }
      if (run.at_end()) {
        ++result_.schedules;
        return true;
      }
      if (OutOfLimits(run)) {
        result_.complete = false;
        return false;
      }
      levels_.push_back({0, static_cast<std::uint16_t>(run.branches())});
      run.Choose(0);
    }
  }

  bool OutOfLimits(Run& run) const {
    return result_.states >= limits_.states || run.choices().size() >= limits_.steps ||
           run.world().size() > limits_.processes || (limits_.stop != nullptr && *limits_.stop);
  }

  // False: everything has been tried.
  bool Backtrack() {
    while (!levels_.empty()) {
      if (++levels_.back().choice < levels_.back().branches) return true;
      levels_.pop_back();
    }
    return false;
  }

  Scenario& scenario_;
  const Limits& limits_;
  Exploration result_;
  std::vector<Level> levels_;  // the choices of this run
  std::unordered_set<Key, KeyHash> seen_;
};

// Breadth first. The frontier holds paths as links to where they came from.
class BreadthFirst {
 public:
  BreadthFirst(Scenario& scenario, const Limits& limits, std::optional<Verdict> only)
      : scenario_(scenario), limits_(limits), only_(only) {}

  std::optional<Counterexample> Search(std::size_t max_steps) {
    {
      Run run(scenario_);
      if (run.violation()) Keep(run);
      origins_.push_back({0, 0, static_cast<std::uint16_t>(run.branches())});
    }
    std::size_t begin = 0;
    for (std::size_t depth = 0; depth < max_steps && begin < origins_.size(); ++depth) {
      const std::size_t end = origins_.size();
      for (std::size_t i = begin; i < end; ++i) {
        if (origins_.size() > limits_.states || (limits_.stop && *limits_.stop)) return best_;
        Expand(static_cast<std::uint32_t>(i), depth);
      }
      if (best_) return best_;
      begin = end;
    }
    return std::nullopt;
  }

 private:
  struct Origin {
    std::uint32_t parent;
    std::uint16_t choice;
    std::uint16_t branches;
  };

  void Expand(std::uint32_t origin, std::size_t depth) {
    const Choices path = PathTo(origin, depth);
    for (std::uint16_t choice = 0; choice < origins_[origin].branches; ++choice) {
      Run run(scenario_);
      run.Follow(path);
      run.Choose(choice);
      if (run.violation()) {
        Keep(run);
      } else if (run.world().size() <= limits_.processes && seen_.insert(run.StateKey()).second) {
        origins_.push_back({origin, choice, static_cast<std::uint16_t>(run.branches())});
      }
    }
  }

  void Keep(const Run& run) {
    const Verdict kind = run.violation()->kind;
    if (only_ && kind != *only_) return;
    if (!best_ || kind < best_->violation.kind) best_ = Record(scenario_, run.choices());
  }

  Choices PathTo(std::uint32_t origin, std::size_t depth) const {
    Choices path(depth);
    for (; depth > 0; --depth) {
      path[depth - 1] = origins_[origin].choice;
      origin = origins_[origin].parent;
    }
    return path;
  }

  Scenario& scenario_;
  const Limits& limits_;
  std::optional<Verdict> only_;
  std::vector<Origin> origins_;
  std::unordered_set<Key, KeyHash> seen_;
  std::optional<Counterexample> best_;
};

}  // namespace

const char* ToString(Verdict verdict) {
  constexpr std::array kNames{"loss-free", "loses", "corrupt", "deadlock"};
  return kNames[static_cast<std::size_t>(verdict)];
}

Exploration ExploreAll(Scenario& scenario, const Limits& limits) {
  return DepthFirst(scenario, limits).Search();
}

std::optional<Counterexample> FindShortest(Scenario& scenario, std::size_t max_steps,
                                           const Limits& limits, std::optional<Verdict> only) {
  return BreadthFirst(scenario, limits, only).Search(max_steps);
}

Exploration Walk(Scenario& scenario, std::uint64_t seed, const Limits& limits) {
  Exploration result;
  std::mt19937_64 random(seed);
  Run run(scenario);
  while (!run.at_end()) {
    if (run.choices().size() >= limits.steps || run.world().size() > limits.processes ||
        (limits.stop && *limits.stop)) {
      result.complete = false;
      return result;
    }
    std::uniform_int_distribution<std::size_t> any(0, run.branches() - 1);
    run.Choose(static_cast<std::uint16_t>(any(random)));
    ++result.states;
  }
  result.schedules = 1;
  result.choices = run.choices();
  result.paused = run.world().paused();
  if (run.violation()) result.failure = Record(scenario, run.choices());
  return result;
}

std::optional<Counterexample> Replay(Scenario& scenario, std::span<const std::uint16_t> choices) {
  Run run(scenario);
  run.Record();
  if (!run.Follow(choices)) return std::nullopt;
  const Violation none{
      Verdict::kLossFree,
      run.at_end() ? "every property holds" : "so far; the choices end before the schedule does"};
  Counterexample result{run.violation().value_or(none), run.choices(), run.TakeSteps(), {}};
  for (std::size_t pid = 1; pid <= run.world().size(); ++pid) {
    result.names.push_back(run.world().process(static_cast<Pid>(pid)).name());
  }
  return result;
}

std::vector<std::string> Sentences(const Counterexample& counterexample) {
  std::vector<std::string> sentences;
  for (const Step& step : counterexample.steps) {
    const auto actor = static_cast<std::size_t>(step.transition.actor - 1);
    sentences.push_back(fmt::format("{} {}", counterexample.names[actor], step.text));
  }
  return sentences;
}

std::string Trace(const Counterexample& counterexample) {
  constexpr std::size_t kNumberWidth = 4;
  constexpr std::size_t kGap = 3;
  std::size_t width = 12;
  for (const Step& step : counterexample.steps) width = std::max(width, step.text.size());
  width += kGap;
  std::string text = fmt::format("{:{}}", "", kNumberWidth);
  for (const std::string& name : counterexample.names) text += fmt::format("{:{}}", name, width);
  text.erase(text.find_last_not_of(' ') + 1);
  text += '\n';
  for (std::size_t i = 0; i < counterexample.steps.size(); ++i) {
    const Step& step = counterexample.steps[i];
    const auto column = static_cast<std::size_t>(step.transition.actor - 1);
    text +=
        fmt::format("{:{}}{:{}}{}\n", i + 1, kNumberWidth - 1, "", column * width + 1, step.text);
  }
  return text + fmt::format("{:{}}{}: {}\n", "", kNumberWidth,
                            ToString(counterexample.violation.kind), counterexample.violation.text);
}

}  // namespace minitalk::verify

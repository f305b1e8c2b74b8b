#include "bench/runner.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <iterator>
#include <sstream>

#include "apps/cli/screen.h"
#include "apps/cli/standard_output.h"
#include "bench/environment.h"
#include "bench/report.h"
#include "bench/third_party.h"
#include "bench/trial.h"
#include "core/os/child.h"
#include "core/os/log.h"

namespace minitalk {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kFewestRepetitions = 2;
constexpr double kSuiteBudgetSeconds = 125;

// Collects what Google Benchmark would have written.
class Collector final : public benchmark::BenchmarkReporter {
 public:
  Collector() {
    json_.SetOutputStream(&text_);
    json_.SetErrorStream(&text_);
  }
  bool ReportContext(const Context& context) override { return json_.ReportContext(context); }
  void ReportRuns(const std::vector<Run>& runs) override { json_.ReportRuns(runs); }
  void Finalize() override { json_.Finalize(); }
  Json Document() const { return Json::parse(text_.str()); }

 private:
  std::ostringstream text_;
  benchmark::JSONReporter json_;
};

[[noreturn]] int UseTheCpu() {
  for (volatile bool for_ever = true; for_ever;) {
  }
  __builtin_unreachable();
}

class Runner {
 public:
  Runner(const BenchOptions& options, const ThirdPartyPairs& pairs,
         const std::vector<PlannedRow>& planned)
      : options_(options),
        pairs_(pairs),
        total_(TotalTrials(options, planned)),
        progress_(total_, true) {
    for (const PlannedRow& plan : planned) Register(plan);
  }

  // Throws Interrupted.
  Json Run(std::vector<Warning> warnings) {
    // Fewer than a result says would be another measurement: where one cannot be forked this
    // throws.
    std::deque<ChildProcess> busy;
    while (std::ssize(busy) < options_.load) busy.emplace_back(UseTheCpu);
    const Json context = DescribeEnvironment(options_.seed);
    std::ranges::move(EnvironmentWarnings(), std::back_inserter(warnings));
    for (const Warning& warning : warnings) PrintError("warning: {}\n", warning.text);
    Collector collector;
    benchmark::RunSpecifiedBenchmarks(&collector, "all");
    progress_.Clear();
    if (skipped_ > 0) {
      warnings.push_back(
          MakeWarning(WarningCode::kRepetitionsLeftOut, {{"repetitions", skipped_}}));
      PrintError("warning: {}\n", warnings.back().text);
    }
    std::vector<Json> entries;
    for (const Row& row : rows_) entries.push_back(DescribeRow(row, options_.menu));
    return MakeDocument(collector.Document(), context, warnings, entries);
  }

 private:
  static int Repetitions(const BenchOptions& options, const PlannedRow& plan) {
    if (!options.filter.empty()) return options.repetitions;
    return std::min(options.repetitions, plan.most_repetitions);
  }

  static int TotalTrials(const BenchOptions& options, const std::vector<PlannedRow>& planned) {
    int total = 0;
    for (const auto& plan : planned) total += Repetitions(options, plan);
    return total;
  }

  void Register(const PlannedRow& plan) {
    Row& row = rows_.emplace_back(Row{plan.condition, options_.load, {}, {}});
    const int repetitions = Repetitions(options_, plan);
    benchmark::RegisterBenchmark(
        plan.condition.Name().c_str(),
        [this, &row, repetitions](benchmark::State& state) { Measure(state, &row, repetitions); })
        ->Iterations(1)
        ->UseManualTime()
        ->Repetitions(repetitions);
  }

  void Measure(benchmark::State& state, Row* row, int repetitions) {
    const std::string name = row->condition.Name();
    for ([[maybe_unused]] const auto _ : state) {
      if (row->samples.size() >= kFewestRepetitions && OverBudget()) {
        ++skipped_;
        state.SetIterationTime(0);
        continue;
      }
      progress_.Show(done(), fmt::format("{}/{} {}", done(), total_, name));
      const TrialLimits limits{ToMilliseconds(options_.seconds_per_repetition),
                               ToMilliseconds(options_.limit_seconds)};
      const Sample sample =
          RunRepetition(row->condition, options_.seed + row->samples.size(), limits);
      if (interrupted_) throw Interrupted();
      row->samples.push_back(sample);
      row->run_order.push_back(trials_++);
      state.SetIterationTime(sample.elapsed_ns / 1e9);
      if (!sample.measured) state.SkipWithError("failed or ran into its time limit");
      const bool complete = row->samples.size() == static_cast<std::size_t>(repetitions);
      // Where nothing can be written over, each row is a line (CI keeps them all).
      if (complete && !progress_.enabled()) {
        PrintError("[{:>3}/{}] {:<36} {}\n", done(), total_, name, Summary(*row));
      }
    }
  }

  Sample RunRepetition(const Condition& condition, std::uint64_t seed,
                       const TrialLimits& limits) const {
    if (condition.protocol == kProgram) return RunProgramTrial(condition, seed, limits);
    for (const ThirdPartyPair& pair : pairs_) {
      if (condition.protocol == pair.name) {
        return RunThirdPartyTrial(pair, condition, seed, limits);
      }
    }
    return RunTrial(condition, options_.menu, seed, limits);
  }

  int done() const { return trials_ + skipped_; }

  bool OverBudget() const {
    const double budget =
        options_.budget_seconds.value_or(options_.filter.empty() ? kSuiteBudgetSeconds : 0);
    return budget > 0 && progress_.elapsed().count() > budget;
  }

  std::string Summary(const Row& row) const {
    const Json entry = DescribeRow(row, options_.menu);
    const double loss = entry["bit_loss"].is_null() ? 0 : entry["bit_loss"].get<double>();
    return fmt::format("{:>11}  {:.2f} % of the bits lost",
                       HumanRate(entry["bytes_per_second"].get<double>()), loss * 100);
  }

  const BenchOptions& options_;
  const ThirdPartyPairs& pairs_;
  int total_;  // of the trials
  ProgressLine progress_;
  const std::atomic<bool>& interrupted_ = WatchForInterruption(kBenchName);
  std::deque<Row> rows_;  // a deque: the registered functions keep references
  int trials_ = 0;
  int skipped_ = 0;
};

}  // namespace

nlohmann::ordered_json MeasureRows(const BenchOptions& options, const ThirdPartyPairs& pairs,
                                   const std::vector<PlannedRow>& rows,
                                   std::vector<Warning> warnings) {
  return Runner(options, pairs, rows).Run(std::move(warnings));
}

}  // namespace minitalk

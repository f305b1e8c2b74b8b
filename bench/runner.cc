#include "bench/runner.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <iterator>
#include <sstream>

#include "apps/cli/command_line.h"
#include "bench/busy.h"
#include "bench/display.h"
#include "bench/environment.h"
#include "bench/report.h"
#include "bench/third_party.h"
#include "bench/trial.h"
#include "core/os/log.h"
#include "core/os/signals.h"

namespace minitalk {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kExitInterrupted = 130;  // as shells have it
constexpr std::size_t kFewestRepetitions = 2;

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

std::atomic<bool> g_stop{false};
pid_t g_runner = 0;  // for whom the handler is meant; the children inherit it

// The first time the run ends after the repetition that runs, so that nothing of it stays behind.
void Stop(int) {
  if (getpid() != g_runner) _exit(kExitInterrupted);
  if (!g_stop.exchange(true)) return;
  ReportInterruption();
  _exit(kExitInterrupted);
}

class Runner {
 public:
  Runner(const BenchOptions& options, const ThirdPartyPairs& pairs,
         const std::vector<PlannedRow>& planned)
      : options_(options), pairs_(pairs), display_(TotalTrials(options, planned)) {
    for (const PlannedRow& plan : planned) Register(plan);
  }

  // Throws Interrupted.
  Json Run(std::vector<Warning> warnings) {
    g_runner = getpid();
    CatchTermination(Stop);
    start_ = std::chrono::steady_clock::now();
    const BusyProcesses busy(options_.load);
    const Json context = DescribeEnvironment(options_.seed);
    std::ranges::move(EnvironmentWarnings(), std::back_inserter(warnings));
    for (const Warning& warning : warnings) PrintError("warning: {}\n", warning.text);
    Collector collector;
    benchmark::RunSpecifiedBenchmarks(&collector, "all");
    display_.Finish();
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

  static std::size_t TotalTrials(const BenchOptions& options,
                                 const std::vector<PlannedRow>& planned) {
    std::size_t total = 0;
    for (const auto& plan : planned) {
      total += static_cast<std::size_t>(Repetitions(options, plan));
    }
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
        display_.End(name, false, "");
        continue;
      }
      display_.Begin(name);
      const TrialLimits limits{ToMilliseconds(options_.seconds_per_repetition),
                               ToMilliseconds(options_.limit_seconds)};
      const Sample sample =
          RunRepetition(row->condition, options_.seed + row->samples.size(), limits);
      if (g_stop) throw Interrupted();
      row->samples.push_back(sample);
      row->run_order.push_back(trials_++);
      state.SetIterationTime(sample.elapsed_ns / 1e9);
      if (!sample.measured) state.SkipWithError("failed or ran into its time limit");
      const bool complete = row->samples.size() == static_cast<std::size_t>(repetitions);
      display_.End(name, complete, complete ? Summary(*row) : "");
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

  bool OverBudget() const {
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
    return options_.budget_seconds > 0 && elapsed.count() > options_.budget_seconds;
  }

  std::string Summary(const Row& row) const {
    const Json entry = DescribeRow(row, options_.menu);
    const double loss = entry["bit_loss"].is_null() ? 0 : entry["bit_loss"].get<double>();
    return fmt::format("{:>11}  {:.2f} % of the bits lost",
                       HumanRate(entry["bytes_per_second"].get<double>()), loss * 100);
  }

  const BenchOptions& options_;
  const ThirdPartyPairs& pairs_;
  Display display_;
  std::deque<Row> rows_;  // a deque: the registered functions keep references
  int trials_ = 0;
  int skipped_ = 0;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace

nlohmann::ordered_json MeasureRows(const BenchOptions& options, const ThirdPartyPairs& pairs,
                                   const std::vector<PlannedRow>& rows,
                                   std::vector<Warning> warnings) {
  return Runner(options, pairs, rows).Run(std::move(warnings));
}

// Preformatted: signal handlers must be async-signal-safe.
void ReportInterruption() { WriteError("minitalk-bench: interrupted; nothing was written\n"); }

}  // namespace minitalk

#include "bench/program.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>

#include <atomic>
#include <deque>
#include <optional>
#include <regex>
#include <sstream>

#include "apps/cli/command_line.h"
#include "apps/cli/result_file.h"
#include "apps/cli/screen.h"
#include "apps/cli/standard_output.h"
#include "bench/busy.h"
#include "bench/carriers/describe.h"
#include "bench/carriers/registry.h"
#include "bench/display.h"
#include "bench/environment.h"
#include "bench/report.h"
#include "bench/third_party.h"
#include "bench/trial.h"
#include "core/endpoint/output.h"
#include "core/os/fd.h"
#include "core/os/log.h"
#include "core/os/signals.h"
#include "core/wire/nearest.h"

namespace minitalk {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kName = "minitalk-bench";
// Whole, for a signal handler puts nothing together.
constexpr std::string_view kInterrupted = "minitalk-bench: interrupted; nothing was written\n";
constexpr int kExitInterrupted = 130;  // as shells have it
constexpr double kSuiteBudgetSeconds = 125;
constexpr std::size_t kFewestRepetitions = 2;

constexpr ExitStatus kExitStatuses[] = {
    {0, "the rows were measured, whatever came out"},
    {64, "the command line is wrong, or no row matches"},
    {65, "a manifest is wrong"},
    {70, "it failed: a file cannot be written, a pair cannot be built"},
    {74, "standard output cannot be written"},
    {130, "interrupted; nothing was written"},
};

struct Arguments {
  ProtocolMenu menu;
  std::string filter;
  std::string out;
  std::string format = "console";
  int repetitions = 5;
  bool list = false;
  std::uint64_t seed = 1;
  int load = 0;
  std::vector<std::size_t> sizes = DefaultSizes();
  double seconds_per_repetition = 0.1;
  double limit_seconds = 20;
  double budget_seconds = 0;
  std::vector<std::string> manifests;
  std::vector<std::string> for_google;
};

// Google Benchmark's own flags that mean something else or more here.
void DefineGoogles(CLI::App& app, Arguments& arguments) {
  app.add_option("--benchmark_filter", arguments.filter,
                 "Run the rows that match the regular expression, of all there are; without it, "
                 "the default suite (-REGEX: those that do not match)")
      ->type_name("REGEX");
  app.add_option("--benchmark_out", arguments.out, "Write the results there, as JSON")
      ->type_name("PATH");
  app.add_option("--benchmark_out_format", "Only json")->check(CLI::IsMember({"json"}));
  app.add_option("--benchmark_format", arguments.format, "What to print at the end")
      ->check(CLI::IsMember({"console", "json"}))
      ->capture_default_str();
  app.add_option("--benchmark_repetitions", arguments.repetitions, "Fresh pairs a row")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  app.add_flag("--benchmark_list_tests", arguments.list, "Name every row there is and end");
}

void Define(CLI::App& app, Arguments& arguments) {
  DefineGoogles(app, arguments);
  app.add_option("--seed", arguments.seed, "Of the payloads")->capture_default_str();
  app.add_option("--load", arguments.load, "Busy processes beside the measured pair")
      ->check(CLI::Range(0, 64))
      ->capture_default_str();
  app.add_option("--sizes", arguments.sizes, "Message sizes in bytes, for the filter")
      ->delimiter(',')
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  app.add_option("--seconds", arguments.seconds_per_repetition,
                 "How long the messages of a repetition last together; at least one is sent")
      ->type_name("SECONDS")
      ->check(SecondsCheck(0.001, 60))
      ->capture_default_str();
  app.add_option("--limit", arguments.limit_seconds, "End a repetition by force after so long")
      ->type_name("SECONDS")
      ->check(SecondsCheck(0.1, 3600))
      ->capture_default_str();
  app.add_option("--budget", arguments.budget_seconds,
                 "Once the run has lasted so long, two repetitions a row must do; 0: no budget "
                 "(the default suite: 125)")
      ->type_name("SECONDS")
      ->check(SecondsCheck(0));
  app.add_option("--external", arguments.manifests,
                 "Measure somebody else's pair too, as this manifest tells "
                 "(results/external.schema.json); may be repeated")
      ->type_name("PATH")
      ->allow_extra_args(false);
  app.allow_extras();
  app.footer("Other flags of Google Benchmark (--benchmark_...) are passed on to it.");
}

// What the bench knows beside its options.
Json Knowledge(ProtocolMenu menu) {
  return {{"protocols", DescribeProtocols(menu)},
          {"carriers", DescribeCarriers()},
          {"columns", DescribeColumns()}};
}

// What depends on the rest of the command line.
void Complete(const CLI::App& app, Arguments* arguments) {
  arguments->for_google = app.remaining();
  const bool suite = arguments->filter.empty();
  if (suite && app.count("--budget") == 0) arguments->budget_seconds = kSuiteBudgetSeconds;
}

std::vector<PlannedRow> Select(const Arguments& arguments, const ThirdPartyPairs& pairs) {
  std::vector<PlannedRow> rows = AllRows(arguments.menu, arguments.sizes);
  for (const ThirdPartyPair& pair : pairs) {
    std::ranges::move(ThirdPartyRows(pair, arguments.sizes), std::back_inserter(rows));
  }
  if (arguments.filter.empty()) {
    if (!arguments.list) std::erase_if(rows, [](const auto& row) { return !row.in_default_suite; });
    return rows;
  }
  const bool negative = arguments.filter.front() == '-';
  const bool everything = arguments.filter == "all";  // as Google Benchmark has it
  const std::regex wanted(everything ? "." : arguments.filter.substr(negative ? 1 : 0));
  std::erase_if(rows, [&](const auto& row) {
    return std::regex_search(row.condition.Name(), wanted) == negative;
  });
  return rows;
}

// Of all rows: their first part.
std::vector<std::string_view> RowNames(const Arguments& arguments, const ThirdPartyPairs& pairs) {
  std::vector<std::string_view> names = NamesOf(arguments.menu);
  for (const CarrierInfo* info : AllCarriers()) names.push_back(info->name);
  for (const ThirdPartyPair& pair : pairs) names.push_back(pair.name);
  return names;
}

// Why this machine cannot do a carrier; empty: it can.
std::string WhyNot(const CarrierInfo& info) {
  try {
    const Carrier carrier(info);
  } catch (const std::system_error& error) {
    return error.what();
  }
  return "";
}

// Leaves out what this machine cannot do.
void DropImpossible(std::vector<PlannedRow>* rows) {
  std::erase_if(*rows, [](const auto& row) { return !ChooseSeats(row.condition.pin); });
  for (const CarrierInfo* info : AllCarriers()) {
    const auto is_this = [&](const auto& row) { return row.condition.protocol == info->name; };
    if (std::ranges::none_of(*rows, is_this)) continue;
    const std::string why = WhyNot(*info);
    if (why.empty()) continue;
    PrintError("warning: {} is left out: {}\n", info->name, why);
    std::erase_if(*rows, is_this);
  }
}

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

struct Interrupted {};
std::atomic<bool> g_stop{false};
pid_t g_runner = 0;  // for whom the handler is meant; the children inherit it

// The first time the run ends after the repetition that runs, so that nothing of it stays behind.
void Stop(int) {
  if (getpid() != g_runner) _exit(kExitInterrupted);
  if (!g_stop.exchange(true)) return;
  WriteError(kInterrupted);
  _exit(kExitInterrupted);
}

class Runner {
 public:
  Runner(const Arguments& arguments, const ThirdPartyPairs& pairs,
         const std::vector<PlannedRow>& planned)
      : arguments_(arguments), pairs_(pairs), display_(TotalTrials(arguments, planned)) {
    for (const PlannedRow& plan : planned) Register(plan);
  }

  // Throws Interrupted.
  Json Run() {
    g_runner = getpid();
    CatchTermination(Stop);
    start_ = std::chrono::steady_clock::now();
    const BusyProcesses busy(arguments_.load);
    const Json context = DescribeEnvironment(arguments_.seed);
    auto warnings = EnvironmentWarnings();
    for (const std::string& warning : warnings) PrintError("warning: {}\n", warning);
    Collector collector;
    benchmark::RunSpecifiedBenchmarks(&collector, "all");
    display_.Finish();
    if (skipped_ > 0) {
      warnings.push_back(fmt::format(
          "{} repetitions were left out to end in time: the machine is slow or busy; --budget "
          "gives it longer",
          skipped_));
      PrintError("warning: {}\n", warnings.back());
    }
    std::vector<Json> entries;
    for (const Row& row : rows_) entries.push_back(DescribeRow(row, arguments_.menu));
    return MakeDocument(collector.Document(), context, warnings, entries);
  }

 private:
  static int Repetitions(const Arguments& arguments, const PlannedRow& plan) {
    if (!arguments.filter.empty()) return arguments.repetitions;
    return std::min(arguments.repetitions, plan.most_repetitions);
  }

  static std::size_t TotalTrials(const Arguments& arguments,
                                 const std::vector<PlannedRow>& planned) {
    std::size_t total = 0;
    for (const auto& plan : planned) {
      total += static_cast<std::size_t>(Repetitions(arguments, plan));
    }
    return total;
  }

  void Register(const PlannedRow& plan) {
    Row& row = rows_.emplace_back(Row{plan.condition, arguments_.load, {}, {}});
    const int repetitions = Repetitions(arguments_, plan);
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
      const TrialLimits limits{ToMilliseconds(arguments_.seconds_per_repetition),
                               ToMilliseconds(arguments_.limit_seconds)};
      const Sample sample =
          RunRepetition(row->condition, arguments_.seed + row->samples.size(), limits);
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
    for (const ThirdPartyPair& pair : pairs_) {
      if (condition.protocol == pair.name) {
        return RunThirdPartyTrial(pair, condition, seed, limits);
      }
    }
    return RunTrial(condition, arguments_.menu, seed, limits);
  }

  bool OverBudget() const {
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
    return arguments_.budget_seconds > 0 && elapsed.count() > arguments_.budget_seconds;
  }

  std::string Summary(const Row& row) const {
    const Json entry = DescribeRow(row, arguments_.menu);
    const double loss = entry["bit_loss"].is_null() ? 0 : entry["bit_loss"].get<double>();
    return fmt::format("{:>11}  {:.2f} % of the bits lost",
                       HumanRate(entry["bytes_per_second"].get<double>()), loss * 100);
  }

  const Arguments& arguments_;
  const ThirdPartyPairs& pairs_;
  Display display_;
  std::deque<Row> rows_;  // a deque: the registered functions keep references
  int trials_ = 0;
  int skipped_ = 0;
  std::chrono::steady_clock::time_point start_;
};

// Repetitions of all rows are interleaved at random unless told otherwise, so that a machine that
// drifts does not favour a row.
void InitializeGoogle(const CLI::App& app, const Arguments& arguments, const char* program) {
  // Static: Google Benchmark keeps a pointer to the program's name.
  static std::vector<std::string> words{program, "--benchmark_enable_random_interleaving=true"};
  words.insert(words.end(), arguments.for_google.begin(), arguments.for_google.end());
  std::vector<char*> pointers;
  pointers.reserve(words.size());
  for (std::string& word : words) pointers.push_back(word.data());
  int count = static_cast<int>(pointers.size());
  benchmark::Initialize(&count, pointers.data());
  if (count > 1) throw CLI::ExtrasError({pointers[1] + OptionMeant(app, pointers[1])});
}

int RunBench(const Arguments& arguments) {
  const ThirdPartyPairs pairs = ReadManifests(arguments.manifests, arguments.menu);
  std::vector<PlannedRow> rows = Select(arguments, pairs);
  if (arguments.list) {
    for (const auto& row : rows) Print("{}\n", row.condition.Name());
    return EX_OK;
  }
  DropImpossible(&rows);
  if (rows.empty()) {
    PrintError("{}: no row matches \"{}\"{}; see --benchmark_list_tests\n", kName,
               EscapeForTerminal(arguments.filter),
               DidYouMeanIn(arguments.filter, RowNames(arguments, pairs)));
    return EX_USAGE;
  }
  std::optional<ResultFile> file;
  if (!arguments.out.empty()) file.emplace(arguments.out);
  BuildChosen(pairs, rows);
  const Json document = Runner(arguments, pairs, rows).Run();
  if (file) file->Write(JsonText(document));
  Print("{}", arguments.format == "json"
                  ? document.dump(2) + "\n"
                  : RenderTable(document["benchmarks"], TerminalColumns(STDOUT_FILENO)));
  return EX_OK;
}

}  // namespace

int BenchProgram(int argc, char** argv, ProtocolMenu menu) {
  FillStandardDescriptors();
  if (Refuses(kName, menu)) return EX_SOFTWARE;
  Arguments arguments;
  arguments.menu = menu;
  CLI::App app(
      "Measures every protocol between two real processes.\n\n"
      "  minitalk-bench --benchmark_out=out.json         the default suite, two minutes\n"
      "  minitalk-bench --benchmark_filter='^ack/.*/zeros/'              every such row\n"
      "  minitalk-bench --external=their.json --benchmark_filter='^(theirs|ack)/'\n");
  Define(app, arguments);
  const Manual manual{.exit_statuses = kExitStatuses, .knows = [menu] { return Knowledge(menu); }};
  if (const auto code = ParseCommandLine(app, kName, argc, argv, manual)) return *code;
  Complete(app, &arguments);
  try {
    if (!arguments.list) InitializeGoogle(app, arguments, argv[0]);
    return EndOutput(kName, RunBench(arguments));
  } catch (const Interrupted&) {
    WriteError(kInterrupted);
    return kExitInterrupted;
  } catch (const CLI::ParseError& error) {
    return UsageError(kName, error.what());
  } catch (const std::regex_error& error) {
    return UsageError(kName, fmt::format("--benchmark_filter: {}", error.what()));
  } catch (const ManifestError& error) {
    PrintError("{}: {}\n", kName, error.what());
    return EX_DATAERR;
  } catch (const std::exception& error) {
    PrintError("{}: {}\n", kName, error.what());
    return EX_SOFTWARE;
  }
}

}  // namespace minitalk

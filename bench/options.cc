#include "bench/options.h"

#include <benchmark/benchmark.h>

#include "apps/cli/command_line.h"

namespace minitalk {
namespace {

constexpr double kSuiteBudgetSeconds = 125;

// Google Benchmark's own flags that mean something else or more here.
void DefineGoogles(CLI::App& app, BenchOptions& options) {
  app.add_option("--benchmark_filter", options.filter,
                 "Run the rows that match the regular expression, of all there are; without it, "
                 "the default suite (-REGEX: those that do not match)")
      ->type_name("REGEX");
  app.add_option("--benchmark_out", options.out, "Write the results there, as JSON")
      ->type_name("PATH");
  app.add_option("--benchmark_out_format", "Only json")->check(CLI::IsMember({"json"}));
  app.add_option("--benchmark_format", options.format, "What to print at the end")
      ->check(CLI::IsMember({"console", "json"}))
      ->capture_default_str();
  app.add_option("--benchmark_repetitions", options.repetitions, "Fresh pairs a row")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  app.add_flag("--benchmark_list_tests", options.list, "Name every row there is and end");
}

}  // namespace

void DefineOptions(CLI::App& app, BenchOptions& options) {
  DefineGoogles(app, options);
  app.add_option("--seed", options.seed, "Of the payloads")->capture_default_str();
  app.add_option("--load", options.load, "Busy processes beside the measured pair")
      ->check(CLI::Range(0, 64))
      ->capture_default_str();
  app.add_option("--sizes", options.sizes, "Message sizes in bytes, for the filter")
      ->delimiter(',')
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  app.add_option("--seconds", options.seconds_per_repetition,
                 "How long the messages of a repetition last together; at least one is sent")
      ->type_name("SECONDS")
      ->check(SecondsCheck(0.001, 60))
      ->capture_default_str();
  app.add_option("--limit", options.limit_seconds, "End a repetition by force after so long")
      ->type_name("SECONDS")
      ->check(SecondsCheck(0.1, 3600))
      ->capture_default_str();
  app.add_option("--budget", options.budget_seconds,
                 "Once the run has lasted so long, two repetitions a row must do; 0: no budget "
                 "(the default suite: 125)")
      ->type_name("SECONDS")
      ->check(SecondsCheck(0));
  app.add_option("--external", options.manifests,
                 "Measure somebody else's pair too, as this manifest tells "
                 "(results/external.schema.json); may be repeated")
      ->type_name("PATH")
      ->allow_extra_args(false);
  app.allow_extras();
  app.footer("Other flags of Google Benchmark (--benchmark_...) are passed on to it.");
}

void CompleteOptions(const CLI::App& app, BenchOptions* options) {
  options->for_google = app.remaining();
  const bool suite = options->filter.empty();
  if (suite && app.count("--budget") == 0) options->budget_seconds = kSuiteBudgetSeconds;
}

// Repetitions of all rows are interleaved at random unless told otherwise, so that a machine that
// drifts does not favour a row.
void InitializeGoogle(const CLI::App& app, const BenchOptions& options, const char* program) {
  // Static: Google Benchmark keeps a pointer to the program's name.
  static std::vector<std::string> words{program, "--benchmark_enable_random_interleaving=true"};
  words.insert(words.end(), options.for_google.begin(), options.for_google.end());
  std::vector<char*> pointers;
  pointers.reserve(words.size());
  for (std::string& word : words) pointers.push_back(word.data());
  int count = static_cast<int>(pointers.size());
  benchmark::Initialize(&count, pointers.data());
  if (count > 1) throw CLI::ExtrasError({pointers[1] + OptionMeant(app, pointers[1])});
}

}  // namespace minitalk

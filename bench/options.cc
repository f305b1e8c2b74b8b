#include "bench/options.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

namespace minitalk {

std::vector<Option> DefineOptions(BenchOptions& options) {
  return {
      {"--benchmark_filter", &options.filter,
       "Run the rows that match the regular expression, of all there are; without it, the default "
       "suite (-REGEX: those that do not match)",
       "REGEX"},
      {"--benchmark_out", &options.out, "Write the results there, as JSON", "PATH"},
      Option("--benchmark_out_format", &options.out_format, "Only json").Choices({"json"}),
      Option("--benchmark_format", &options.format, "What to print at the end", "", "console")
          .Choices({"console", "json"}),
      {"--benchmark_repetitions", &options.repetitions, "Fresh pairs a row", "N", "5",
       Range{1, 10'000}},
      {"--benchmark_list_tests", &options.list, "Name every row there is and end"},
      {"--seed", &options.seed, "Of the payloads", "N", "1"},
      {"--load", &options.load, "Busy processes beside the measured pair", "N", "0", Range{0, 64}},
      {"--sizes", &options.sizes, "Message sizes in bytes, for the filter", "N",
       "[16,256,1000,4096]", Range{1, 1 << 20}},
      {"--seconds", &options.seconds_per_repetition,
       "How long the messages of a repetition last together; at least one is sent", "SECONDS",
       "0.1", Range{0.001, 60}},
      {"--limit", &options.limit_seconds, "End a repetition by force after so long", "SECONDS",
       "20", Range{0.1, 3600}},
      {"--budget", &options.budget_seconds,
       "Once the run has lasted so long, two repetitions a row must do; 0: no budget (the default "
       "suite: 125)",
       "SECONDS", "", Range{0, 1e6}},
      {"--external", &options.manifests,
       "Measure somebody else's pair too, as this manifest tells (results/external.schema.json); "
       "may be repeated",
       "PATH"}};
}

// Repetitions of all rows are interleaved at random unless told otherwise, so that a machine that
// drifts does not favour a row.
void InitializeGoogle(const CommandLine& line, const char* program) {
  // Static: Google Benchmark keeps a pointer to the program's name.
  static std::vector<std::string> words{program, "--benchmark_enable_random_interleaving=true"};
  words.insert(words.end(), line.for_google->begin(), line.for_google->end());
  std::vector<char*> pointers;
  pointers.reserve(words.size());
  for (std::string& word : words) pointers.push_back(word.data());
  int count = static_cast<int>(pointers.size());
  benchmark::Initialize(&count, pointers.data());
  if (count > 1) {
    throw UsageMistake(
        fmt::format("unexpected \"{}\"{}", pointers[1], OptionMeant(line, pointers[1])));
  }
}

}  // namespace minitalk

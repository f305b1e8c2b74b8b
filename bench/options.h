// The command line of minitalk-bench.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/cli/command_line.h"

namespace minitalk {

// What it says.
struct BenchOptions {
  ProtocolMenu menu;
  std::string filter;  // empty: the default suite
  std::string out;
  std::string out_format;
  std::string format = "console";
  int repetitions = 5;
  bool list = false;
  std::uint64_t seed = 1;
  int load = 0;
  std::vector<std::size_t> sizes{16, 256, 1000, 4096};
  double seconds_per_repetition = 0.1;
  double limit_seconds = 20;
  std::optional<double> budget_seconds;  // 0: none
  std::vector<std::string> manifests;
  std::vector<std::string> for_google;
};

// The table of all of them. REQUIRES: `options` outlives the parsing.
std::vector<Option> DefineOptions(BenchOptions& options);

// Hands Google Benchmark its own. Throws UsageMistake for one that it does not know.
void InitializeGoogle(const CommandLine& line, const char* program);

}  // namespace minitalk

// The command line of minitalk-bench.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/condition.h"
#include "core/wire/protocol.h"

namespace minitalk {

// The command line.
struct BenchOptions {
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

// Defines all of them. REQUIRES: both outlive the parsing.
void DefineOptions(CLI::App& app, BenchOptions& options);

// Fills in what depends on the rest of the command line. REQUIRES: parsed.
void CompleteOptions(const CLI::App& app, BenchOptions* options);

// Hands Google Benchmark its own. Throws CLI::ParseError for one that it does not know.
void InitializeGoogle(const CLI::App& app, const BenchOptions& options, const char* program);

}  // namespace minitalk

// The run itself: Google Benchmark calls for the repetitions, each a fresh pair of processes.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "bench/condition.h"
#include "bench/options.h"
#include "bench/third_party.h"

namespace minitalk {

inline constexpr const char* kBenchName = "minitalk-bench";

// The run was interrupted by SIGINT or SIGTERM.
struct Interrupted {};

// Measures all rows and returns the document; `warnings` are joined by those of the run. Takes
// SIGINT and SIGTERM over: at the first the run ends after its repetition and throws Interrupted,
// at the second the process exits. REQUIRES: InitializeGoogle() was called; once per process.
nlohmann::ordered_json MeasureRows(const BenchOptions& options, const ThirdPartyPairs& pairs,
                                   const std::vector<PlannedRow>& rows,
                                   std::vector<Warning> warnings);

}  // namespace minitalk

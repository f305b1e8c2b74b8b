// Which rows a run measures: what was asked for, and what this machine can do of it.
#pragma once

#include <string_view>
#include <vector>

#include "bench/condition.h"
#include "bench/options.h"
#include "bench/third_party.h"
#include "bench/warning.h"

namespace minitalk {

// The default suite, or all rows that match the filter. Throws std::regex_error.
std::vector<PlannedRow> SelectRows(const BenchOptions& options, const ThirdPartyPairs& pairs);

// What the names of rows begin with.
std::vector<std::string_view> RowNames(const BenchOptions& options, const ThirdPartyPairs& pairs);

// Leaves out what this machine cannot do; a warning for each carrier that it lacks.
std::vector<Warning> DropImpossible(std::vector<PlannedRow>* rows);

}  // namespace minitalk

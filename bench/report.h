// From raw samples to rows: Google Benchmark's JSON with the contract's keys, and the table.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/cli/screen.h"
#include "bench/condition.h"
#include "bench/statistics.h"
#include "bench/trial.h"

namespace minitalk {

// A condition with all its repetitions, in the order in which they ran.
struct Row {
  Condition condition;
  int load = 0;
  std::vector<Sample> samples;
  std::vector<int> run_order;  // the position of each sample in the whole run
};

// One entry of `benchmarks`. Figures that do not exist (bits per round without rounds) are null.
nlohmann::ordered_json DescribeRow(const Row& row, ProtocolMenu menu);

// Google Benchmark's own document with our context and one entry per row in place of its.
nlohmann::ordered_json MakeDocument(const nlohmann::ordered_json& google,
                                    const nlohmann::ordered_json& context,
                                    const std::vector<Warning>& warnings,
                                    const std::vector<nlohmann::ordered_json>& rows);

// The table that a person reads, one line a row, and what its columns mean.
std::string RenderTable(const std::vector<nlohmann::ordered_json>& rows,
                        std::optional<std::size_t> columns = std::nullopt);

// The columns of tables of results, each with its heading, the keys of the row that are in it and
// what it says.
nlohmann::ordered_json DescribeColumns();

// "5.21 kB/s".
inline std::string HumanRate(double bytes_per_second) {
  return HumanBytes(bytes_per_second) + "/s";
}

// Of a sample's messages; 0: there were none.
double MedianLatencyNs(const Sample& sample);

}  // namespace minitalk

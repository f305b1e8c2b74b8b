// What machine, build and moment a result belongs to, and what makes it doubtful.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace minitalk {

// The contract's additions to Google Benchmark's `context`.
nlohmann::ordered_json DescribeEnvironment(std::uint64_t seed);

// Each names a cause and a remedy. Empty on a good machine.
std::vector<std::string> EnvironmentWarnings();

}  // namespace minitalk

// What machine, build and moment a result belongs to, and what makes it doubtful.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "bench/warning.h"

namespace minitalk {

// The contract's additions to Google Benchmark's `context`.
nlohmann::ordered_json DescribeEnvironment(std::uint64_t seed);

// Empty on a good machine.
std::vector<Warning> EnvironmentWarnings();

// What people call the hypervisor that CPUID names so: "KVMKVMKVM" is KVM. An unknown one is called
// what it calls itself; an empty name becomes "unknown".
std::string HypervisorName(std::string_view vendor);

}  // namespace minitalk

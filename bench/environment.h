// What machine, build and moment a result belongs to, and what makes its figures mean less than
// they seem to. Each warning is a code that programs test, the values that it is about, and a text
// for people that says the cause and what to do.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace minitalk {

// Each has its row in bench/environment.cc: the code as results have it, cause and remedy.
enum class WarningCode : std::uint8_t {
  kNotRelease,
  kOneCpu,
  kBusyMachine,
  kGovernor,
  kVirtualMachine,
  kCarrierUnavailable,
  kProgramUnavailable,
  kRepetitionsLeftOut,
};

// As in `context.warning_details` of a result: "busy_machine".
std::string_view ToString(WarningCode code);

// One warning of a run. `values` is a JSON object.
struct Warning {
  WarningCode code;
  nlohmann::ordered_json values;
  std::string text;  // an entry of `context.warnings`
};

// By their keys, which are those of the blanks in the cause's text.
using WarningValues = std::vector<std::pair<const char*, std::variant<std::string, double, int>>>;

// Throws fmt::format_error where a value that the cause's text needs is missing.
Warning MakeWarning(WarningCode code, const WarningValues& values = {});

// All kinds: code, cause and remedy, for --describe=json.
nlohmann::ordered_json DescribeWarnings();

// {"code", "values", "text"}.
nlohmann::ordered_json ToJson(const Warning& warning);

// The contract's additions to Google Benchmark's `context`.
nlohmann::ordered_json DescribeEnvironment(std::uint64_t seed);

// Empty on a good machine.
std::vector<Warning> EnvironmentWarnings();

// What people call the hypervisor that CPUID names so: "KVMKVMKVM" is KVM. An unknown one is called
// what it calls itself; an empty name becomes "unknown".
std::string HypervisorName(std::string_view vendor);

}  // namespace minitalk

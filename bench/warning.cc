#include "bench/warning.h"

#include <fmt/args.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace minitalk {
namespace {

// `cause` has a blank {key} for each value.
struct Kind {
  WarningCode code;
  std::string_view name;
  std::string_view cause;
  std::string_view remedy;
};

constexpr std::array kKinds{
    Kind{WarningCode::kNotRelease, "not_release",
         "this is a {build} build: its figures mean little", "build with `make`"},
    Kind{WarningCode::kOneCpu, "one_cpu",
         "only one CPU may be used: the conditions `cross` are left out",
         "allow a second one (taskset, cpuset)"},
    Kind{WarningCode::kBusyMachine, "busy_machine",
         "the machine is busy (load average {load:.1f}): expect slower and scattered figures",
         "wait until it is quiet"},
    Kind{WarningCode::kGovernor, "cpu_governor",
         "the CPU frequency follows the load (governor {governor})", "set it to performance"},
    Kind{WarningCode::kVirtualMachine, "virtual_machine",
         "a virtual machine ({hypervisor}): others may take the CPU unseen",
         "compare figures of one run only, in units of the floor"},
    Kind{WarningCode::kCarrierUnavailable, "carrier_unavailable", "{carrier} is left out: {reason}",
         "use a kernel that has it"},
    Kind{WarningCode::kProgramUnavailable, "program_unavailable",
         "the rows `program` are left out: {program} cannot be run",
         "build everything with `make`"},
    Kind{WarningCode::kRepetitionsLeftOut, "repetitions_left_out",
         "{repetitions} repetitions were left out to end in time: the machine is slow or busy",
         "--budget gives it longer"},
};

const Kind& KindOf(WarningCode code) { return *std::ranges::find(kKinds, code, &Kind::code); }

}  // namespace

std::string_view ToString(WarningCode code) { return KindOf(code).name; }

Warning MakeWarning(WarningCode code, const WarningValues& values) {
  const Kind& kind = KindOf(code);
  fmt::dynamic_format_arg_store<fmt::format_context> blanks;
  Warning warning{code, nlohmann::ordered_json::object(), ""};
  for (const auto& [key, value] : values) {
    std::visit(
        [&, name = key](const auto& known) {
          blanks.push_back(fmt::arg(name, known));
          warning.values[name] = known;
        },
        value);
  }
  warning.text = fmt::format("{}; {}", fmt::vformat(kind.cause, blanks), kind.remedy);
  return warning;
}

nlohmann::ordered_json DescribeWarnings() {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const Kind& kind : kKinds) {
    all.push_back({{"code", kind.name}, {"cause", kind.cause}, {"remedy", kind.remedy}});
  }
  return all;
}

nlohmann::ordered_json ToJson(const Warning& warning) {
  return {{"code", ToString(warning.code)}, {"values", warning.values}, {"text", warning.text}};
}

}  // namespace minitalk

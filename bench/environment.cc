#include "bench/environment.h"

#include <fmt/args.h>
#include <fmt/format.h>
#include <sys/utsname.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <utility>

#include "commit.h"
#include "core/os/kernel_link.h"
#include "core/os/placement.h"

namespace minitalk {
namespace {

std::string FirstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string CpuModel() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

std::string Governor() {
  const std::string governor = FirstLine("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  return governor.empty() ? "none" : governor;
}

// What the processor itself says it runs under ("KVMKVMKVM", "VMwareVMware"), or "none".
std::string Hypervisor() {
#if defined(__x86_64__) || defined(__i386__)
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  constexpr unsigned kHypervisorBit = 1u << 31;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0 || (ecx & kHypervisorBit) == 0) return "none";
  __cpuid(0x40000000, eax, ebx, ecx, edx);
  std::array<char, 13> vendor{};
  std::memcpy(vendor.data(), &ebx, 4);
  std::memcpy(vendor.data() + 4, &ecx, 4);
  std::memcpy(vendor.data() + 8, &edx, 4);
  return HypervisorName(vendor.data());
#else
  return "unknown";
#endif
}

std::array<double, 3> LoadAverages() {
  std::array<double, 3> loads{};
  if (getloadavg(loads.data(), loads.size()) < 0) loads.fill(0);
  return loads;
}

std::string Kernel() {
  utsname name = {};
  uname(&name);
  return fmt::format("{} {} {}", name.sysname, name.release, name.machine);
}

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

std::string HypervisorName(std::string_view vendor) {
  constexpr std::array kNames{
      std::pair{"KVMKVMKVM", "KVM"},           std::pair{"Linux KVM Hv", "KVM"},
      std::pair{"Microsoft Hv", "Hyper-V"},    std::pair{"VMwareVMware", "VMware"},
      std::pair{"XenVMMXenVMM", "Xen"},        std::pair{"TCGTCGTCGTCG", "QEMU"},
      std::pair{"VBoxVBoxVBox", "VirtualBox"}, std::pair{"prl hyperv", "Parallels"},
      std::pair{" lrpepyh vr", "Parallels"},   std::pair{"bhyve bhyve ", "bhyve"},
      std::pair{"ACRNACRNACRN", "ACRN"},       std::pair{"QNXQVMBSQG", "QNX"}};
  for (const auto& [known, name] : kNames) {
    if (vendor == known) return name;
  }
  return vendor.empty() ? "unknown" : std::string(vendor);
}

nlohmann::ordered_json DescribeEnvironment(std::uint64_t seed) {
  return {{"schema", "minitalk.bench/1"},
          {"git_commit", kGitCommit},
          {"git_dirty", kGitDirty},
          {"kernel", Kernel()},
          {"cpu_model", CpuModel()},
          {"cpu_count", AllowedCpus().size()},
          {"governor", Governor()},
          {"hypervisor", Hypervisor()},
          {"compiler", MINITALK_COMPILER},
          {"compiler_flags", MINITALK_FLAGS},
          {"build_type", MINITALK_BUILD_TYPE},
          {"seed", seed},
          {"load_averages", LoadAverages()},
          {"timer_slack_ns", kTimerSlackNs}};
}

std::vector<Warning> EnvironmentWarnings() {
  std::vector<Warning> warnings;
  const bool sanitized = std::strlen(MINITALK_SANITIZE) > 0;
  if (sanitized || std::strcmp(MINITALK_BUILD_TYPE, "Release") != 0) {
    warnings.push_back(MakeWarning(WarningCode::kNotRelease,
                                   {{"build", sanitized ? "sanitizer" : MINITALK_BUILD_TYPE}}));
  }
  if (AllowedCpus().size() < 2) warnings.push_back(MakeWarning(WarningCode::kOneCpu));
  const double load = LoadAverages()[0];
  if (load > 0.5 * static_cast<double>(AllowedCpus().size())) {
    warnings.push_back(MakeWarning(WarningCode::kBusyMachine, {{"load", load}}));
  }
  if (const auto governor = Governor(); governor != "none" && governor != "performance") {
    warnings.push_back(MakeWarning(WarningCode::kGovernor, {{"governor", governor}}));
  }
  if (const auto hypervisor = Hypervisor(); hypervisor != "none" && hypervisor != "unknown") {
    warnings.push_back(MakeWarning(WarningCode::kVirtualMachine, {{"hypervisor", hypervisor}}));
  }
  return warnings;
}

}  // namespace minitalk

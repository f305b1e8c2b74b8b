#include "bench/environment.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

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

}  // namespace

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

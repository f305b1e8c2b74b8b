#include "core/process_facts.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <sstream>

namespace minitalk {
namespace {

constexpr std::uint64_t BitOfSignal(int signal) { return std::uint64_t{1} << (signal - 1); }
constexpr std::uint64_t kBoth = BitOfSignal(SIGUSR1) | BitOfSignal(SIGUSR2);

}  // namespace

std::optional<ProcessFacts> InspectProcess(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/status", pid));
  if (!file) return std::nullopt;
  ProcessFacts facts;
  std::uint64_t caught = 0;
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(':');
    if (colon == std::string::npos || colon + 1 >= line.size()) continue;
    const std::string key = line.substr(0, colon);
    std::istringstream value(line.substr(colon + 1));
    if (key == "Name") value >> facts.name;
    if (key == "State") value >> facts.state;
    if (key == "PPid") value >> facts.parent;
    if (key == "Uid") value >> facts.real_uid >> facts.effective_uid;
    if (key == "SigCgt") value >> std::hex >> caught;
  }
  if (facts.name.empty()) return std::nullopt;
  facts.catches_both = (caught & kBoth) == kBoth;
  return facts;
}

std::optional<pid_t> ParsePid(std::string_view text) {
  pid_t pid = 0;
  if (text.empty() || text.front() == '-') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (pid <= 1 || pid == getpid()) return std::nullopt;
  return pid;
}

}  // namespace minitalk

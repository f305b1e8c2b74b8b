// What people type and what reaches a terminal: pids, protocol names, escaped messages.
#include <unistd.h>
#include <utf8.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/endpoint/output.h"
#include "core/os/placement.h"
#include "core/os/process_facts.h"
#include "protocols/registry.h"

namespace minitalk {
namespace {

void CheckPid(std::string_view text) {
  const auto pid = ParsePid(text);
  if (!pid) return;
  // Leading zeros aside, only the number itself is accepted.
  const auto digits = text.substr(std::min(text.find_first_not_of('0'), text.size()));
  if (*pid <= 1 || *pid == getpid() || std::to_string(*pid) != digits) std::abort();
}

void CheckProtocol(std::string_view text) {
  const auto choice = ChooseProtocol(AllProtocols(), text);
  if (!choice) return;
  const auto again = ChooseProtocol(AllProtocols(), choice->Name());
  if (!again || again->info != choice->info || again->parameter != choice->parameter) std::abort();
}

void CheckEscape(std::string_view text) {
  const std::string shown = EscapeForTerminal(text);
  if (!utf8::is_valid(shown)) std::abort();
  const auto harmful = [](char byte) {
    return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f;
  };
  if (std::ranges::any_of(shown, harmful)) std::abort();
  for (unsigned char second = 0x80; second < 0xa0; ++second) {  // the C1 controls
    const char control[] = {'\xc2', static_cast<char>(second), '\0'};
    if (shown.find(control) != std::string::npos) std::abort();
  }
}

}  // namespace
}  // namespace minitalk

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  minitalk::CheckPid(text);
  minitalk::CheckProtocol(text);
  minitalk::CheckEscape(text);
  minitalk::ParseWaitMode(text);
  minitalk::ParsePin(text);
  return 0;
}

#include "core/wire/wait_mode.h"

namespace minitalk {

std::string_view NameOf(WaitMode wait) {
  switch (wait) {
    case WaitMode::kAuto:
      return "auto";
    case WaitMode::kSpin:
      return "spin";
    case WaitMode::kSleep:
      return "sleep";
  }
  return "?";
}

std::optional<WaitMode> ParseWaitMode(std::string_view text) {
  for (const WaitMode wait : {WaitMode::kAuto, WaitMode::kSpin, WaitMode::kSleep}) {
    if (text == NameOf(wait)) return wait;
  }
  return std::nullopt;
}

}  // namespace minitalk

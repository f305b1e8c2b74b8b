// How an end of a conversation waits for the other's signal. Pure functions, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace minitalk {

// The numbers travel, in the message header.
enum class WaitMode : std::uint8_t {
  kAuto,   // spin for a short, bounded time where there is a second CPU, then sleep
  kSpin,   // poll: wants a CPU to itself
  kSleep,  // block in the kernel: two sleepers belong on one CPU
};

// The words of the command lines, and back. Nothing: no such word.
std::string_view NameOf(WaitMode wait);
std::optional<WaitMode> ParseWaitMode(std::string_view text);

}  // namespace minitalk

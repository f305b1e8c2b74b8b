// What programs print besides messages: help, lists, tables; and how they end. What could not be
// written is reported once, at the end, and makes the exit status.
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <string_view>
#include <utility>

namespace minitalk {

// To standard output as it is. A failure is remembered for EndOutput.
void PrintText(std::string_view text);

// The same, formatted.
template <typename... Args>
void Print(fmt::format_string<Args...> format, Args&&... args) {
  PrintText(fmt::format(format, std::forward<Args>(args)...));
}

// To be called last: returns `code`, or 74 and says so in one line where not all that was printed
// could be written and nothing else went wrong.
int EndOutput(std::string_view program, int code);

inline constexpr int kExitInterrupted = 130;  // as shells have it

// Takes SIGINT and SIGTERM over, for a program that computes: true once one has come, so that it
// ends when it can. The second one ends the process, as does the first a child that inherits this.
const std::atomic<bool>& WatchForInterruption(const char* program);

// Says that nothing was written; returns kExitInterrupted. Async-signal-safe.
int ReportInterruption();

}  // namespace minitalk

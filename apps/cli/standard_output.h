// What programs print besides messages: help, lists, tables. What could not be written is told
// once, at the end, and makes the exit status.
#pragma once

#include <fmt/format.h>

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

}  // namespace minitalk

// Diagnostics on standard error: whole lines, each in one write, so that the lines of several
// session processes never mix.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace minitalk {

// How much is said: nothing, what matters, every step.
enum class Verbosity : std::uint8_t { kQuiet, kNormal, kVerbose };

// Whether standard error is a terminal on which a line can be written over: progress is shown there
// only, so that files and pipes get no escape sequences. Nothing is ever coloured.
bool CanShowProgress();

// The text with every control character and every byte that is not valid UTF-8 escaped.
std::string EscapeForTerminal(std::string_view text);

// To standard error as it is, in one write. What cannot be written is dropped, as there is nobody
// left to tell: a full or closed one shall end no program.
void WriteError(std::string_view text);

// The same, formatted.
template <typename... Args>
void PrintError(fmt::format_string<Args...> format, Args&&... args) {
  WriteError(fmt::format(format, std::forward<Args>(args)...));
}

// Begins each line with the program's name, which has to outlive it.
class Log {
 public:
  Log(std::string_view program, Verbosity verbosity) : program_(program), verbosity_(verbosity) {}

  // Said unless --quiet.
  template <typename... Args>
  void Say(fmt::format_string<Args...> format, Args&&... args) const {
    if (verbosity_ != Verbosity::kQuiet) Print(fmt::format(format, std::forward<Args>(args)...));
  }

  // Said with --verbose only.
  template <typename... Args>
  void Detail(fmt::format_string<Args...> format, Args&&... args) const {
    if (verbosity_ == Verbosity::kVerbose) Print(fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  void Print(std::string_view text) const;

  std::string_view program_;
  Verbosity verbosity_;
};

}  // namespace minitalk

// The command lines of all programs: options as a table, which CLI11 reads; what a program says of
// itself follows from the same table.
#pragma once

#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/wire/protocol.h"

namespace minitalk {

// What a program is called, which is `client` in the build and `minitalk-client` where installed.
struct Called {
  std::string name;   // goes before diagnostics
  std::string typed;  // `./client`, or `minitalk-client` where it is installed
};

// By the program's first argument; `usual` where there is none.
Called CalledBy(int argc, char** argv, const std::string& usual);

// What one types for the other program, with `mine` replaced by `theirs`.
std::string Partner(const Called& called, std::string_view mine, const std::string& theirs);

// What a number has to be.
struct Range {
  double least;
  double most;
};

inline constexpr Range kSeconds{0.05, 1e6};

// An option, or a positional argument. Given twice it counts as given last.
struct Option {
  // Where the value goes, which has to outlive the parsing. bool: a flag. A vector: it may be given
  // several times; numbers also with commas.
  using Target =
      std::variant<bool*, int*, unsigned*, std::uint64_t*, double*, std::string*,
                   std::optional<std::uint64_t>*, std::optional<double>*,
                   std::optional<std::string>*, std::vector<std::string>*,
                   std::vector<std::uint16_t>*, std::vector<std::uint64_t>*, std::vector<double>*>;
  // `name`: "--file"; without dashes it is positional. `kind`: what stands for the value in --help.
  // `usual`: the default as --help shows it; empty: it does not.
  Option(std::string name, Target target, std::string help, std::string kind = "",
         std::string usual = "", std::optional<Range> range = std::nullopt);

  // Others by name, which it needs; which exclude each other.
  Option Needs(const std::string& other) &&;
  Option Excludes(const std::string& other) &&;
  Option Choices(std::vector<std::string> allowed) &&;

  bool positional() const { return !name.starts_with('-'); }
  bool flag() const { return target.index() == 0; }
  bool numeric() const;
  bool repeats() const { return target.index() >= 9; }

  std::string name;
  Target target;
  std::string help;
  std::string kind;
  std::string usual;
  std::optional<Range> range;
  std::vector<std::string> choices = {};
  std::vector<std::string> needs = {};
  std::vector<std::string> excludes = {};
  std::function<std::string(const std::string&)> check = {};  // what is wrong, in a clause
  // Words of which the value is made, one of each group ("msb | lsb"), and what they mean.
  std::span<const std::pair<std::string_view, std::string_view>> words = {};
};

// An exit status, and when a program ends with it.
struct ExitStatus {
  int status;
  std::string_view when;
};

// A command line. Views have to outlive the parsing.
struct CommandLine {
  std::string program;      // goes before diagnostics
  std::string description;  // with examples
  std::vector<Option> options;
  std::span<const ExitStatus> exit_statuses;
  std::string_view exit_note = {};  // behind the words "Exit status" of --help
  std::string_view footer = {};     // of --help
  std::string_view of_extras = {};  // what to do about a word too many
  // Takes flags of Google Benchmark that are not in the table; null: there are none.
  std::vector<std::string>* for_google = nullptr;
  std::optional<ProtocolMenu> menu = {};
  // Adds what --describe=json tells beside options, exit statuses and the menu; null: nothing.
  void (*describe)(nlohmann::ordered_json* object) = nullptr;
};

// A mistake in a command line that shows while the program runs.
struct UsageMistake : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Parses and runs `body`; returns its exit status, or that of --help and the like, 64 after a
// mistake in the command line, 70 for a menu that is bad, 71 where `body` throws std::exception.
// Each of these is reported in a line on standard error.
int RunProgram(CommandLine line, int argc, char** argv, const std::function<int()>& body);

// ` (did you mean "--protocol"?)`, to go behind an option that there is not; empty where none is
// near.
std::string OptionMeant(const CommandLine& line, std::string_view word);

// REQUIRES: in the range of an option.
inline std::chrono::milliseconds ToMilliseconds(double seconds) {
  return std::chrono::milliseconds(std::llround(seconds * 1000));
}

}  // namespace minitalk

// What the command lines of all programs share: by which name they were called, how a mistake is
// told, checks of numbers.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>

#include "apps/cli/arguments.h"
#include "apps/cli/describe.h"
#include "core/wire/protocol.h"

namespace minitalk {

// What a program is called, which is `client` in the build and `minitalk-client` where installed.
struct Called {
  std::string name;   // goes before diagnostics
  std::string typed;  // `./client`, or `minitalk-client` where it is installed
};

// By the program's first argument; `usual` where there is none.
Called CalledBy(int argc, char** argv, const std::string& usual);

// What one types for the other program, with `mine` in `typed` replaced by `theirs`.
std::string Partner(std::string typed, std::string_view mine, const std::string& theirs);

// Parses, with --version and --describe defined and the exit statuses at the end of --help; as
// everywhere, an option given twice counts as given last. Returns the exit code if the program
// should end now: 0 after --help and the like, 64 after a usage error, explained in one line.
std::optional<int> ParseCommandLine(CLI::App& app, const std::string& program, int argc,
                                    char** argv, const Manual& manual);

// Explains a usage error in one line on standard error; returns 64.
int UsageError(std::string_view program, std::string_view what);

// True if the menu is bad; then says why on standard error. No program starts with a bad one.
bool Refuses(std::string_view program, ProtocolMenu menu);

// Accepts so many seconds, and refuses `nan`, which CLI::Range lets through.
CLI::Validator SecondsCheck(double least = 0.05, double most = 1e6);

// Accepts a bare decimal number of bytes: CLI11 alone would take -1 for 2^64 - 1.
CLI::Validator BytesCheck();

// REQUIRES: checked by SecondsCheck().
inline std::chrono::milliseconds ToMilliseconds(double seconds) {
  return std::chrono::milliseconds(std::llround(seconds * 1000));
}

}  // namespace minitalk

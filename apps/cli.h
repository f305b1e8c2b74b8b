// What the two programs' command lines share.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <optional>
#include <string>

namespace minitalk {

inline constexpr const char* kVersion = MINITALK_VERSION;

// Parses; returns the exit code if the program should end now: 0 after --help and --version, 64
// after a usage error, which was explained in one line.
std::optional<int> ParseCommandLine(CLI::App& app, const std::string& program, int argc,
                                    char** argv);

// Seconds as a person gives them. Option values are checked to be in [0.001, 1e6].
inline std::chrono::milliseconds ToMilliseconds(double seconds) {
  return std::chrono::milliseconds(std::llround(seconds * 1000));
}

}  // namespace minitalk

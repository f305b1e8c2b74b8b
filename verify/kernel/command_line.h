// The command line of minitalk-kernel-check, which is read as apps/cli reads the others', but
// without its libraries: this program has to be built for kernels that have none of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace minitalk::verify {

// What to do.
struct CheckOptions {
  std::optional<std::string> only;    // a fact's name
  std::optional<std::uint64_t> seed;  // nothing: one by the clock
  std::string print;                  // this, and nothing else: help and the like
};

// Nothing: the command line is wrong, and one line on standard error says why.
std::optional<CheckOptions> ReadCommandLine(int argc, char** argv);

// A line on standard error behind the program's name.
void Complain(const std::string& what);

}  // namespace minitalk::verify

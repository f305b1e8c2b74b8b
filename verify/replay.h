// One schedule of one protocol or planted bug, as a table: what `minitalk-verify --replay` shows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/wire/protocol.h"
#include "verify/explorer.h"

namespace minitalk::verify {

// As typed, and not checked yet. With neither choices nor a seed it is the shortest schedule that
// breaks something, and where there is none any.
struct ReplayOptions {
  std::string name;
  std::string message = "0110";
  Choices choices;
  std::optional<std::uint64_t> seed;
};

// Prints it and returns the exit status: 0, 1 where a property does not hold in it, or 64, and then
// it is told what is wrong with the options.
int ReplayOne(const ReplayOptions& options, ProtocolMenu menu, std::string_view program);

}  // namespace minitalk::verify

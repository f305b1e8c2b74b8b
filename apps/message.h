// The message that a command line names: a word, a file, or standard input.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/endpoint/input.h"
#include "core/os/fd.h"
#include "core/os/log.h"

namespace minitalk {

// An open message. Owns its file; `source` reads from it.
struct Input {
  Fd file;
  std::unique_ptr<Source> source;
  std::uint64_t bytes = kUnknownLength;
};

// `-` is standard input; a `file` comes before the message, which has to outlive the input. Waits
// for what fits in memory. False: it cannot be read, and `log` has been told.
bool OpenInput(const std::string& message, const std::optional<std::string>& file, const Log& log,
               Input* input);

}  // namespace minitalk

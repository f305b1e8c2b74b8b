// What the command lines of the server, the client and minitalk-carrier share: the conditions under
// which two ends talk, the message, the option --classic.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/cli/command_line.h"
#include "core/endpoint/input.h"
#include "core/os/fd.h"
#include "core/os/log.h"
#include "core/os/placement.h"
#include "protocols/classic/format.h"

namespace minitalk {

// As given on the command line; defaults as its help shows them.
struct Conditions {
  std::string wait = "auto";
  std::string pin = "auto";
  double timeout_seconds = 10;  // without any progress
  bool stats = false;

  WaitMode wait_mode() const { return *ParseWaitMode(wait); }
  Pin placement() const { return *ParsePin(pin); }
};

// Adds --wait, --pin, --timeout and --stats. `of_wait`: what the first of them does in this
// program.
void AddConditions(Conditions* conditions, const std::string& of_wait,
                   std::vector<Option>* options);

// Nothing: there are too few CPUs for the pin, which `log` has reported.
std::optional<EndCpus> CpusFor(Pin pin, const Log& log);

// An open message. Owns its file; `source` reads from it.
struct Input {
  Fd file;
  std::unique_ptr<Source> source;
  std::uint64_t bytes = kUnknownLength;
};

// `-` is standard input; a `file` comes before the message, which has to outlive the input. Waits
// for what fits in memory. False: it cannot be read, which `log` has reported.
bool OpenInput(const std::string& message, const std::optional<std::string>& file, const Log& log,
               Input* input);

// --classic, whose value is checked while the command line is parsed.
Option ClassicOption(std::optional<std::string>* words, std::string help);

// Nothing: `detect`. REQUIRES: checked.
std::optional<classic::Format> ClassicFormat(const std::string& words);

}  // namespace minitalk

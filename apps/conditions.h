// Under what conditions two ends talk: the options that the client and minitalk-carrier share.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "core/os/log.h"
#include "core/os/placement.h"

namespace minitalk {

// As given on the command line; defaults as its help shows them.
struct Conditions {
  WaitMode wait = WaitMode::kAuto;
  Pin pin = Pin::kNone;
  double timeout_seconds = 10;  // without any progress
  bool stats = false;
};

// Adds --wait, --pin, --timeout and --stats; `conditions` have to outlive the parsing. `of_wait`:
// what the first of them does in this program.
void AddConditions(CLI::App& app, Conditions& conditions, const std::string& of_wait);

// Nothing: there are too few CPUs for the pin, and `log` has been told.
std::optional<EndCpus> CpusFor(Pin pin, const Log& log);

}  // namespace minitalk

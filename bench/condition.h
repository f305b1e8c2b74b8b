// What a row of the results is measured under, the menu of all conditions, and which of them a run
// measures: what was asked for, and what this machine can do of it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/environment.h"
#include "bench/options.h"
#include "bench/payload.h"
#include "core/os/placement.h"
#include "core/wire/protocol.h"
#include "pairs/manifest.h"

namespace minitalk {

// The rows of ./server and ./client, end to end, with their defaults.
inline constexpr std::string_view kProgram = "program";

// One row: what is sent, by what, and where the two ends run and how they wait.
struct Condition {
  // As on a command line: "ack", "usleep:20"; or a carrier: "pipe"; or a third-party pair's name;
  // or kProgram.
  std::string protocol;
  std::size_t size_bytes;
  PayloadKind payload;
  Pin pin;
  std::optional<WaitMode> wait;  // nothing: whole programs, which wait as they were written to

  bool external() const { return !wait; }
  std::string_view WaitName() const { return wait ? ToString(*wait) : "own"; }
  // `protocol/size/payload/pin/wait`, for example ack/1000/text/same/sleep.
  std::string Name() const;
};

// A condition and how much of it is wanted.
struct PlannedRow {
  Condition condition;
  bool in_default_suite;
  int most_repetitions;  // in the default suite: slow rows get fewer
};

// Every condition that a filter can reach, for these sizes, in a fixed order.
std::vector<PlannedRow> AllRows(ProtocolMenu menu, const std::vector<std::size_t>& sizes);

// Those of a third-party pair: what it can be told as an argument, everywhere. A message of one
// byte is always among them, for it costs hardly more than starting the client.
std::vector<PlannedRow> ThirdPartyRows(const ThirdPartyPair& pair, std::vector<std::size_t> sizes);

// Those of ./server and ./client: the sizes that people send by hand, and these.
std::vector<PlannedRow> ProgramRows(const std::vector<std::size_t>& sizes);

// The default suite, or all rows that match the filter. Throws std::regex_error.
std::vector<PlannedRow> SelectRows(const BenchOptions& options,
                                   const std::vector<ThirdPartyPair>& pairs);

// What the names of rows begin with.
std::vector<std::string_view> RowNames(const BenchOptions& options,
                                       const std::vector<ThirdPartyPair>& pairs);

// Leaves out what this machine cannot do; a warning for each carrier that it lacks.
std::vector<Warning> DropImpossible(std::vector<PlannedRow>* rows);

}  // namespace minitalk

// The table that a person reads after a run.
#include "apps/cli/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "apps/cli/screen.h"
#include "bench/condition.h"
#include "bench/report.h"

namespace minitalk {
namespace {

using Json = nlohmann::ordered_json;

// What a column says. `key`: of the row, where its figure is.
struct Legend {
  std::string_view heading;
  std::string_view key;
  std::string_view text;
};

constexpr Legend kLegend[] = {
    {"protocol", "protocol", "how bits become signals; usleep:50 has a parameter, microseconds"},
    {"bytes", "size_bytes", "of a message"},
    {"payload", "payload", "what is in it: English text, random bytes, zeros, ones or UTF-8"},
    {"pin/wait", "pin",
     "same: both processes on one CPU, cross: on two; sleep: in the kernel until woken, spin: "
     "polling"},
    {"goodput", "bytes_per_second",
     "correct bytes per second through the bare protocol, without resending, median of the "
     "repetitions"},
    {"bits/floor", "bits_per_floor_round",
     "the same in bits per raw ping-pong of that condition and run: 1.00 is the most that one "
     "acknowledged bit can reach, on any machine"},
    {"bits/round", "bits_per_round",
     "bits that travel per round trip, counted; - where nothing is acknowledged"},
    {"bits lost", "bit_loss",
     "share of bits that never arrived, without resending; \"0 of n\": none in n repetitions, so "
     "at most 3/n of them would lose any (95 %)"},
    {"failed", "messages_failed",
     "messages with a missing or wrong byte, without resending, of all"},
    {"CPU s/MB", "cpu_seconds_per_megabyte",
     "user and system seconds of both ends per 10^6 correct bytes"},
    {"session", "session_bytes_per_second",
     "what a user of ./client gets: frames are resent until right; \"refused\": given up, and not "
     "printed"},
};

constexpr Legend kExternalLegend = {
    "own", "wait",
    "somebody else's pair, which waits as it was written to. A message lasts from the start of the "
    "client to the whole text on the server's terminal: starting a program is in it (see 1 byte); "
    "a lost one counts up to its first wrong byte"};

constexpr Legend kProgramLegend = {
    "program", "relative_time",
    "./server and ./client with their defaults, from the client's start to the whole text on the "
    "server's terminal; \"0.4 of C\": of the time of a plain pair in C that answers every bit, "
    "measured in turns with ours"};

// Of tables that know what minitalk-verify found; that of the bench does not.
constexpr Legend kVerdictLegend = {
    "verdict", "",
    "proven: under no schedule it loses a bit; only if ..., not so here: that holds under this "
    "assumption alone, and messages failed because the machine broke it; else the length of the "
    "shortest counterexample (make verify)"};

constexpr std::size_t kNameWidth = 10;
constexpr std::size_t kLegendIndent = 13;

// "-" for a figure that does not exist.
std::string Number(const Json& value, int digits) {
  return value.is_null() ? "-" : fmt::format("{:.{}f}", value.get<double>(), digits);
}

std::string Loss(const Json& row) {
  if (row["bit_loss"].is_null()) return "-";
  const double loss = row["bit_loss"].get<double>();
  if (loss == 0) return fmt::format("0 of {}", row["samples"].size());
  return loss < 0.001 ? "<0.1 %" : fmt::format("{:.1f} %", loss * 100);
}

// `is_short`: without what was resent, and at most as wide as a rate.
std::string Session(const Json& row, bool is_short) {
  if (!row["relative_time"].is_null()) {
    return fmt::format("{:.2f} of C", row["relative_time"].get<double>());
  }
  if (row["session_wrong"].is_null()) return "-";
  if (row["session_wrong"] != 0) return fmt::format("{} WRONG", row["session_wrong"].dump());
  if (row["session_delivered"] == 0) return "refused";
  const std::string rate = HumanRate(row["session_bytes_per_second"].get<double>());
  const std::string refused = row["session_refused"].dump();
  if (refused != "0") {
    return is_short ? fmt::format("refused {}/{}", refused, row["samples"].size())
                    : fmt::format("{} ({} of {} refused)", rate, refused, row["samples"].size());
  }
  if (is_short || row["session_retries"] == 0) return rate;
  return fmt::format("{} ({} resent)", rate, row["session_retries"].dump());
}

bool IsProgram(const Json& row) { return row["kind"] == kProgram; }
bool IsExternal(const Json& row) { return row["kind"] == "external"; }

Table MakeTable(const std::vector<Json>& rows, bool is_short) {
  constexpr auto kRight = Align::kRight;
  Table table({{.heading = "protocol", .width = kNameWidth},
               {.heading = "bytes", .width = 5, .align = kRight},
               {.heading = "payload", .width = 7},
               {.heading = "pin/wait", .width = 11},
               {.heading = "goodput", .width = 11, .align = kRight},
               {.heading = "bits/floor", .width = 10, .align = kRight, .drop = 2},
               {.heading = "bits/round", .width = 10, .align = kRight, .drop = 4},
               {.heading = "bits lost", .width = 9, .align = kRight},
               {.heading = "failed", .width = 9, .align = kRight, .drop = 3},
               {.heading = "CPU s/MB", .width = 8, .align = kRight, .drop = 5},
               {.heading = "session", .drop = 1, .gap = is_short ? 1U : 2U}});
  std::string previous;
  for (const Json& row : rows) {
    // A blank line between protocols; a sweep of parameters is one block.
    const std::string name = row["protocol"].get<std::string>();
    const std::string family = name.substr(0, name.find(':'));
    if (!previous.empty() && family != previous) table.AddLine("");
    previous = family;
    const auto text = [&](const char* key) { return row[key].get<std::string>(); };
    table.AddRow({name, row["size_bytes"].dump(), text("payload"), text("pin") + "/" + text("wait"),
                  HumanRate(row["bytes_per_second"].get<double>()),
                  Number(row["bits_per_floor_round"], 2), Number(row["bits_per_round"], 2),
                  Loss(row),
                  fmt::format("{}/{}", row["messages_failed"].dump(), row["messages"].dump()),
                  Number(row["cpu_seconds_per_megabyte"], 1), Session(row, is_short)});
    if (row.contains("error_message")) table.AddLine("  " + text("error_message"));
  }
  return table;
}

}  // namespace

Json DescribeColumns() {
  Json columns = Json::array();
  const auto add = [&](const Legend& legend) {
    columns.push_back({{"heading", legend.heading},
                       {"key", legend.key.empty() ? Json(nullptr) : Json(legend.key)},
                       {"legend", legend.text}});
  };
  for (const Legend& legend : kLegend) add(legend);
  add(kVerdictLegend);
  add(kExternalLegend);
  add(kProgramLegend);
  return columns;
}

std::string RenderTable(const std::vector<Json>& rows, std::optional<std::size_t> columns) {
  Table table = MakeTable(rows, false);
  if (columns && table.Width() > *columns) table = MakeTable(rows, true);
  std::string text = table.Render(columns) + '\n';
  const std::size_t width = std::min(columns.value_or(kHelpColumns), kHelpColumns);
  const auto explain = [&](const Legend& legend) {
    text += Entry(std::string(legend.heading), legend.text, kLegendIndent, width);
  };
  for (const Legend& legend : kLegend) explain(legend);
  if (std::ranges::any_of(rows, IsExternal)) explain(kExternalLegend);
  if (std::ranges::any_of(rows, IsProgram)) explain(kProgramLegend);
  return text;
}

}  // namespace minitalk

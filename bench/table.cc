// The table that a person reads after a run.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "bench/report.h"

namespace minitalk {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kLegend =
    "goodput      correct bytes per second through the bare protocol, median of the repetitions\n"
    "bits/floor   the same in bits per raw ping-pong of that condition and run: 1.00 is the most\n"
    "             that one acknowledged bit can reach\n"
    "bits/round   bits that travel per round trip, counted; - where nothing is acknowledged\n"
    "bits lost    share of bits that never arrived, without resending; \"0 of n\": none in n\n"
    "             repetitions, so at most 3/n of them would lose any (95 %)\n"
    "failed       messages with a missing or wrong byte, without resending\n"
    "CPU s/MB     user and system seconds of both ends per 10^6 correct bytes\n"
    "session      what a user gets: frames resent until right; \"refused\": given up, not "
    "printed\n";

constexpr const char* kExternalLegend =
    "own          somebody else's pair, which waits as it was written to. A message lasts from\n"
    "             the start of the client to the whole text on the server's terminal: starting a\n"
    "             program is in it (see 1 byte); a lost one counts up to its first wrong byte\n";
constexpr std::size_t kNameWidth = 10;

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

std::string Session(const Json& row) {
  if (row["session_wrong"].is_null()) return "-";
  if (row["session_wrong"] != 0) return fmt::format("{} WRONG", row["session_wrong"].dump());
  if (row["session_delivered"] == 0) return "refused";
  std::string text = HumanRate(row["session_bytes_per_second"].get<double>());
  if (row["session_refused"] != 0) {
    text +=
        fmt::format(" ({} of {} refused)", row["session_refused"].dump(), row["samples"].size());
  } else if (row["session_retries"] != 0) {
    text += fmt::format(" ({} resent)", row["session_retries"].dump());
  }
  return text;
}

bool IsExternal(const Json& row) { return row["kind"] == "external"; }

// Only names that others gave may be longer than the column.
std::size_t NameWidth(const std::vector<Json>& rows) {
  std::size_t width = kNameWidth;
  for (const Json& row : rows) {
    if (IsExternal(row)) width = std::max(width, row["protocol"].get<std::string>().size());
  }
  return width;
}

}  // namespace

std::string RenderTable(const std::vector<Json>& rows) {
  fmt::memory_buffer out;
  const auto line = [&, width = NameWidth(rows)](const std::string& name, auto&&... cells) {
    fmt::format_to(std::back_inserter(out),
                   "{:<{}} {:>5} {:<7} {:<11} {:>11} {:>10} {:>10} {:>9} {:>9} {:>8}  {}\n", name,
                   width, cells...);
  };
  line("protocol", "bytes", "payload", "pin/wait", "goodput", "bits/floor", "bits/round",
       "bits lost", "failed", "CPU s/MB", "session");
  std::string previous;
  for (const Json& row : rows) {
    // A blank line between protocols; a sweep of parameters is one block.
    const std::string name = row["protocol"].get<std::string>();
    const std::string family = name.substr(0, name.find(':'));
    if (!previous.empty() && family != previous) fmt::format_to(std::back_inserter(out), "\n");
    previous = family;
    const auto text = [&](const char* key) { return row[key].get<std::string>(); };
    line(text("protocol"), row["size_bytes"].get<int>(), text("payload"),
         text("pin") + "/" + text("wait"), HumanRate(row["bytes_per_second"].get<double>()),
         Number(row["bits_per_floor_round"], 2), Number(row["bits_per_round"], 2), Loss(row),
         fmt::format("{}/{}", row["messages_failed"].dump(), row["messages"].dump()),
         Number(row["cpu_seconds_per_megabyte"], 1), Session(row));
    if (row.contains("error_message")) {
      fmt::format_to(std::back_inserter(out), "  {}\n", text("error_message"));
    }
  }
  const bool external = std::ranges::any_of(rows, IsExternal);
  return fmt::format("{}\n{}{}", fmt::to_string(out), kLegend, external ? kExternalLegend : "");
}

}  // namespace minitalk

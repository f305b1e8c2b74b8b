#include "verify/bounds.h"

#include <fmt/format.h>
#include <unistd.h>

#include "apps/cli/screen.h"
#include "apps/cli/standard_output.h"
#include "apps/cli/table.h"

namespace minitalk::verify {
namespace {

std::string Figure(double value) { return value > 0 ? fmt::format("{:.3f}", value) : "-"; }

}  // namespace

void PrintBounds(ProtocolMenu menu, std::span<const double> costs) {
  constexpr auto kRight = Align::kRight;
  std::vector<Column> columns{{.heading = "protocol", .width = 10}};
  const auto add = [&](const char* unit) {
    columns.push_back({.heading = unit, .width = 17, .align = kRight});
    columns.push_back({.heading = "on random bits", .width = 14, .align = kRight});
  };
  add("bits a round");
  if (!costs.empty()) add("bits/us, one CPU");
  if (!costs.empty()) add("bits/us, two CPUs");
  Table table(columns);
  for (const ProtocolInfo* info : menu) {
    std::vector<std::string> cells{std::string(info->name)};
    const auto put = [&](Rate rate) {
      cells.push_back(Figure(rate.most));
      cells.push_back(Figure(rate.random));
    };
    put(BitsPerRound(info->rounds));
    for (const bool one_cpu : {true, false}) {
      if (costs.empty()) continue;
      put(BitsPerMicrosecond(info->rounds, {.send_ns = costs[0],
                                            .take_ns = costs[1],
                                            .floor_round_ns = costs[one_cpu ? 2 : 3],
                                            .one_cpu = one_cpu}));
    }
    table.AddRow(cells);
  }
  Print("{}", table.Render(TerminalColumns(STDOUT_FILENO)));
}

}  // namespace minitalk::verify

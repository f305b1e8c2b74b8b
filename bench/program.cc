#include "bench/program.h"

#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>

#include <optional>
#include <regex>

#include "apps/cli/command_line.h"
#include "apps/cli/result_file.h"
#include "apps/cli/screen.h"
#include "apps/cli/standard_output.h"
#include "bench/carriers/describe.h"
#include "bench/options.h"
#include "bench/report.h"
#include "bench/runner.h"
#include "bench/selection.h"
#include "core/endpoint/output.h"
#include "core/os/fd.h"
#include "core/os/log.h"
#include "core/wire/text.h"

namespace minitalk {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kName = "minitalk-bench";
constexpr int kExitInterrupted = 130;  // as shells have it

constexpr ExitStatus kExitStatuses[] = {
    {0, "the rows were measured, whatever came out"},
    {64, "the command line is wrong, or no row matches"},
    {65, "a manifest is wrong"},
    {70, "it failed: a file cannot be written, a pair cannot be built"},
    {74, "standard output cannot be written"},
    {130, "interrupted; nothing was written"},
};

// What the bench knows beside its options.
Json Knowledge(ProtocolMenu menu) {
  return {{"protocols", DescribeProtocols(menu)},
          {"carriers", DescribeCarriers()},
          {"columns", DescribeColumns()},
          {"warnings", DescribeWarnings()}};
}

int RunBench(const BenchOptions& options) {
  const ThirdPartyPairs pairs = ReadManifests(options.manifests, options.menu);
  std::vector<PlannedRow> rows = SelectRows(options, pairs);
  if (options.list) {
    for (const auto& row : rows) Print("{}\n", row.condition.Name());
    return EX_OK;
  }
  std::vector<Warning> warnings = DropImpossible(&rows);
  if (rows.empty()) {
    for (const Warning& warning : warnings) PrintError("warning: {}\n", warning.text);
    PrintError("{}: no row matches \"{}\"{}; see --benchmark_list_tests\n", kName,
               EscapeForTerminal(options.filter),
               DidYouMeanIn(options.filter, RowNames(options, pairs)));
    return EX_USAGE;
  }
  std::optional<ResultFile> file;
  if (!options.out.empty()) file.emplace(options.out);
  BuildChosen(pairs, rows);
  const Json document = MeasureRows(options, pairs, rows, std::move(warnings));
  if (file) file->Write(JsonText(document));
  Print("{}", options.format == "json"
                  ? document.dump(2) + "\n"
                  : RenderTable(document["benchmarks"], TerminalColumns(STDOUT_FILENO)));
  return EX_OK;
}

}  // namespace

int BenchProgram(int argc, char** argv, ProtocolMenu menu) {
  FillStandardDescriptors();
  if (Refuses(kName, menu)) return EX_SOFTWARE;
  BenchOptions options;
  options.menu = menu;
  CLI::App app(
      "Measures every protocol between two real processes.\n\n"
      "  minitalk-bench --benchmark_out=out.json         the default suite, two minutes\n"
      "  minitalk-bench --benchmark_filter='^ack/.*/zeros/'              every such row\n"
      "  minitalk-bench --external=their.json --benchmark_filter='^(theirs|ack)/'\n");
  DefineOptions(app, options);
  const Manual manual{.exit_statuses = kExitStatuses, .knows = [menu] { return Knowledge(menu); }};
  if (const auto code = ParseCommandLine(app, kName, argc, argv, manual)) return *code;
  CompleteOptions(app, &options);
  try {
    if (!options.list) InitializeGoogle(app, options, argv[0]);
    return EndOutput(kName, RunBench(options));
  } catch (const Interrupted&) {
    ReportInterruption();
    return kExitInterrupted;
  } catch (const CLI::ParseError& error) {
    return UsageError(kName, error.what());
  } catch (const std::regex_error& error) {
    return UsageError(kName, fmt::format("--benchmark_filter: {}", error.what()));
  } catch (const ManifestError& error) {
    PrintError("{}: {}\n", kName, error.what());
    return EX_DATAERR;
  } catch (const std::exception& error) {
    PrintError("{}: {}\n", kName, error.what());
    return EX_SOFTWARE;
  }
}

}  // namespace minitalk

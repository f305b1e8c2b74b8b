#include "bench/program.h"

#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>

#include <optional>
#include <regex>

#include "apps/cli/describe.h"
#include "apps/cli/result_file.h"
#include "apps/cli/screen.h"
#include "apps/cli/standard_output.h"
#include "bench/carriers/registry.h"
#include "bench/options.h"
#include "bench/report.h"
#include "bench/runner.h"
#include "core/os/fd.h"
#include "core/os/log.h"
#include "core/wire/text.h"

namespace minitalk {
namespace {

using Json = nlohmann::ordered_json;

constexpr ExitStatus kExitStatuses[] = {
    {0, "the rows were measured, whatever came out"},
    {64, "the command line is wrong, or no row matches"},
    {65, "a manifest is wrong"},
    {70, "it failed: a file cannot be written, a pair cannot be built"},
    {74, "standard output cannot be written"},
    {130, "interrupted; nothing was written"},
};

void DescribeRest(Json* object) {
  DescribeCarriers(object);
  (*object)["columns"] = DescribeColumns();
  (*object)["warnings"] = DescribeWarnings();
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
    PrintError("{}: no row matches \"{}\"{}; see --benchmark_list_tests\n", kBenchName,
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
  BenchOptions options;
  options.menu = menu;
  const CommandLine line{
      .program = kBenchName,
      .description =
          "Measures every protocol between two real processes.\n\n"
          "  minitalk-bench --benchmark_out=out.json         the default suite, two minutes\n"
          "  minitalk-bench --benchmark_filter='^ack/.*/zeros/'              every such row\n"
          "  minitalk-bench --external=their.json --benchmark_filter='^(theirs|ack)/'\n",
      .options = DefineOptions(options),
      .exit_statuses = kExitStatuses,
      .footer = "Other flags of Google Benchmark (--benchmark_...) are passed on to it.",
      .for_google = &options.for_google,
      .menu = menu,
      .describe = DescribeRest};
  const auto fail = [](const std::exception& error, int status) {
    PrintError("{}: {}\n", kBenchName, error.what());
    return status;
  };
  return RunProgram(line, argc, argv, [&] {
    try {
      if (!options.list) InitializeGoogle(line, argv[0]);
      return RunBench(options);
    } catch (const Interrupted&) {
      return ReportInterruption();
    } catch (const std::regex_error& error) {
      throw UsageMistake(fmt::format("--benchmark_filter: {}", error.what()));
    } catch (const UsageMistake&) {
      throw;
    } catch (const ManifestError& error) {
      return fail(error, EX_DATAERR);
    } catch (const std::exception& error) {
      return fail(error, EX_SOFTWARE);
    }
  });
}

}  // namespace minitalk

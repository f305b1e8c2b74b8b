#include "verify/program.h"

#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <nlohmann/json.hpp>
#include <regex>
#include <thread>

#include "apps/cli/describe.h"
#include "apps/cli/result_file.h"
#include "apps/cli/screen.h"
#include "apps/cli/standard_output.h"
#include "apps/cli/table.h"
#include "core/os/fd.h"
#include "core/os/log.h"
#include "core/wire/text.h"
#include "verify/bounds.h"
#include "verify/planted.h"
#include "verify/replay.h"
#include "verify/study.h"

namespace minitalk::verify {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kName = "minitalk-verify";

constexpr ExitStatus kExitStatuses[] = {
    {0, "every protocol is what it claims to be, every planted bug was found"},
    {1, "one is not; with --replay: the schedule loses, corrupts or deadlocks"},
    {64, "the command line is wrong, or no study matches"},
    {73, "the JSON cannot be written"},
    {74, "standard output cannot be written"},
    {130, "interrupted; nothing was written"},
};

struct Options {
  ProtocolMenu menu;
  bool deep = false;
  std::string filter;
  std::string out;
  unsigned jobs = 2;
  bool list = false;
  bool quiet = false;
  bool bounds = false;        // all that is done
  std::vector<double> costs;  // of --bounds
  ReplayOptions replay;       // where it has a name, that is all that is done
};

// What a study has to find: registered protocols as they claim, planted bugs as planted.
enum class Group : std::uint8_t { kProtocols, kSession, kPlanted };
struct Job {
  Group group;
  Study study;
  std::optional<Finding> finding = std::nullopt;
  double seconds = 0;
};

// "ack/any schedule".
std::string ToString(const Study& study) {
  return fmt::format("{}/{}", study.protocol, ToString(study.assumption));
}

std::vector<Job> AllJobs(const Options& options) {
  std::vector<Job> jobs;
  const std::regex wanted(options.filter);
  const auto add = [&](Group group, std::vector<Study> studies) {
    for (Study& study : studies) {
      if (!std::regex_search(ToString(study), wanted)) continue;
      jobs.push_back({group, std::move(study)});
    }
  };
  for (const ProtocolInfo* info : options.menu) {
    add(Group::kProtocols, StudiesOf(*info, options.deep));
  }
  add(Group::kSession, StudiesOfSession(options.menu, options.deep));
  add(Group::kPlanted, StudiesOfPlantedBugs());
  add(Group::kPlanted, StudiesOfSharedSlots());
  return jobs;
}

// Studies are independent of each other: each thread takes the next one. False: interrupted.
bool RunAll(std::vector<Job>& jobs, const Options& options) {
  const std::atomic<bool>& interrupted = WatchForInterruption(kName);
  ProgressLine progress(jobs.size(), !options.quiet);
  std::mutex mutex;
  std::size_t next = 0;
  std::size_t done = 0;
  const auto work = [&] {
    std::unique_lock lock(mutex);
    while (next < jobs.size() && !interrupted) {
      Job& job = jobs[next++];
      progress.Show(done, fmt::format("{}/{} {}", done, jobs.size(), ToString(job.study)));
      lock.unlock();
      const auto start = Clock::now();
      job.finding = job.study.Run({.stop = &interrupted});
      job.seconds = std::chrono::duration<double>(Clock::now() - start).count();
      lock.lock();
      ++done;
    }
  };
  std::vector<std::thread> threads;
  try {
    const auto wanted = std::min<std::size_t>(options.jobs, jobs.size());
    while (threads.size() + 1 < wanted) threads.emplace_back(work);
  } catch (const std::system_error&) {
    // As many as the system allows; this one works in any case.
  }
  work();
  for (std::thread& thread : threads) thread.join();
  return !interrupted;
}

nlohmann::ordered_json ToJson(const Finding& finding) {
  nlohmann::ordered_json row = {{"protocol", finding.protocol},
                                {"assumption", ToString(finding.assumption)},
                                {"message_bits", finding.message_bits},
                                {"verdict", ToString(finding.verdict)},
                                {"states", finding.states},
                                {"schedules", finding.schedules},
                                {"complete", finding.complete},
                                {"counterexample", nullptr}};
  if (!finding.counterexample) return row;
  row["counterexample"] = finding.steps;
  row["violation"] = finding.counterexample->violation.text;
  row["message"] = ToString(finding.message);
  row["choices"] = finding.counterexample->choices;
  return row;
}

std::string ToJson(const std::vector<Job>& jobs) {
  nlohmann::ordered_json verdicts = nlohmann::ordered_json::array();
  for (const Job& job : jobs) verdicts.push_back(ToJson(*job.finding));
  const nlohmann::ordered_json document = {{"schema", "minitalk.verdicts/1"},
                                           {"verdicts", verdicts}};
  return JsonText(document);
}

// "1,061,241".
std::string Grouped(std::uint64_t number) {
  if (number < 1000) return std::to_string(number);
  return fmt::format("{},{:03}", Grouped(number / 1000), number % 1000);
}

void PrintTable(const std::vector<Job>& jobs, std::optional<std::size_t> columns) {
  constexpr std::array kHeadings{"registered protocols", "whole conversations",
                                 "planted bugs, which have to be found"};
  Table table({{.heading = "protocol", .width = 24},
               {.heading = "assumption", .width = 44, .wraps = true},
               {.heading = "bits", .width = 6, .align = Align::kRight, .drop = 1},
               {.heading = "verdict", .width = 10},
               {.heading = "states", .width = 10, .align = Align::kRight, .drop = 2},
               {.heading = "steps", .width = 5, .align = Align::kRight},
               {.heading = "time", .width = 7, .align = Align::kRight, .drop = 3}});
  std::optional<Group> group;
  for (const Job& job : jobs) {
    if (job.group != group) {
      table.AddLine("");
      table.AddLine(kHeadings[static_cast<std::size_t>(job.group)]);
    }
    group = job.group;
    const Finding& finding = *job.finding;
    const std::string assumption = fmt::format("{}{}", ToString(finding.assumption),
                                               finding.complete ? "" : " (not all schedules)");
    table.AddRow({finding.protocol, assumption, std::to_string(finding.message_bits),
                  ToString(finding.verdict), Grouped(finding.states),
                  finding.counterexample ? std::to_string(finding.steps.size()) : "-",
                  fmt::format("{:.1f} s", job.seconds)});
  }
  Print("{}", table.Render(columns));
}

void PrintTraces(const std::vector<Job>& jobs) {
  constexpr std::size_t kLongest = 24;
  const auto fails = [](const Job& job) { return job.finding->counterexample.has_value(); };
  if (std::ranges::any_of(jobs, fails)) Print("\nThe shortest counterexamples\n");
  for (const Job& job : jobs) {
    const Finding& finding = *job.finding;
    if (!finding.counterexample) continue;
    Print("\n{}, {}{}{}\n", finding.protocol, ToString(finding.assumption),
          finding.message.size == 0 ? "" : ", message ", ToString(finding.message));
    if (finding.steps.size() > kLongest) {
      Print("    {} steps, the last of them:\n", finding.steps.size());
      for (std::size_t i = finding.steps.size() - 5; i < finding.steps.size(); ++i) {
        Print("    {}\n", finding.steps[i]);
      }
      Print("    {}: {}\n", ToString(finding.verdict), finding.counterexample->violation.text);
    } else {
      Print("{}", finding.trace);
    }
  }
}

// What the table's columns say.
void PrintLegend(std::optional<std::size_t> columns) {
  constexpr std::pair<const char*, const char*> kMeanings[] = {
      {"bits",
       "all messages of 1 to so many bits; of a protocol with payload, messages of up to so many"},
      {"verdict", "loss-free: in no schedule a bit is lost, wrong or waited for in vain"},
      {"", "loses: the sender finishes, the receiver never will"},
      {"", "corrupt: a wrong bit is received"},
      {"", "deadlock: nobody can go on, and the sender is not done"},
      {"states", "different ones that were visited"},
      {"steps", "of the shortest counterexample"}};
  constexpr std::size_t kIndent = 12;
  const std::size_t width = std::min(columns.value_or(kHelpColumns), kHelpColumns);
  Print("\n");
  for (const auto& [name, meaning] : kMeanings) Print("{}", Entry(name, meaning, kIndent, width));
}

// A session that resends until a lossy protocol gets through has no end of schedules.
bool IsEndless(const Job& job) {
  return job.group == Group::kSession && job.study.info != nullptr && !job.study.info->loss_free;
}

// Registered protocols that claim to lose nothing must not, planted bugs must be found.
std::vector<std::string> Contradictions(const std::vector<Job>& jobs) {
  std::vector<std::string> wrong;
  const auto say = [&](const Finding& finding, std::string_view expected) {
    wrong.push_back(fmt::format("{}, {}: {} where {} was expected", finding.protocol,
                                ToString(finding.assumption), ToString(finding.verdict), expected));
  };
  for (const Job& job : jobs) {
    const Finding& finding = *job.finding;
    const bool is_good = finding.verdict == Verdict::kLossFree;
    if (is_good && !finding.complete && !IsEndless(job)) {
      wrong.push_back(fmt::format("{}, {}: there is no end of schedules, or too many",
                                  finding.protocol, ToString(finding.assumption)));
    }
    if (job.group == Group::kPlanted && is_good) say(finding, "a bug");
    if (job.group == Group::kSession && !is_good) say(finding, "loss-free");
    if (job.group != Group::kProtocols) continue;
    // A bare protocol claims nothing where others send to its slots too.
    const bool claims =
        job.study.info->loss_free && InfoOf(finding.assumption).rules().foreign_signals == 0;
    if (claims && !is_good) say(finding, "loss-free, as it claims,");
  }
  return wrong;
}

int VerifyAll(const Options& options) {
  std::vector<Job> jobs = AllJobs(options);
  if (jobs.empty()) {
    PrintError("{}: no study matches \"{}\"{}; --list names them\n", kName,
               EscapeForTerminal(options.filter),
               DidYouMeanIn(options.filter, NamesOf(options.menu)));
    return EX_USAGE;
  }
  if (options.list) {
    for (const Job& job : jobs) Print("{}\n", ToString(job.study));
    return EX_OK;
  }
  std::optional<ResultFile> file;
  try {
    if (!options.out.empty()) file.emplace(options.out);
  } catch (const std::runtime_error& error) {
    PrintError("{}: {}; nothing was explored\n", kName, error.what());
    return EX_CANTCREAT;
  }
  if (!RunAll(jobs, options)) return ReportInterruption();
  const auto columns = TerminalColumns(STDOUT_FILENO);
  PrintTable(jobs, columns);
  PrintTraces(jobs);
  PrintLegend(columns);
  try {
    if (file) file->Write(ToJson(jobs));
  } catch (const std::runtime_error& error) {
    PrintError("{}: {}\n", kName, error.what());
    return EX_CANTCREAT;
  }
  const auto wrong = Contradictions(jobs);
  for (const std::string& line : wrong) PrintError("{}: {}\n", kName, line);
  return wrong.empty() ? EX_OK : EXIT_FAILURE;
}

std::vector<Option> DefineOptions(Options& options) {
  ReplayOptions& replay = options.replay;
  return {
      {"--deep", &options.deep, "Messages of up to 12 bits, and more of everything"},
      {"--filter", &options.filter, "Only studies \"protocol/assumption\" that match", "REGEX"},
      {"--out", &options.out, "Write the verdicts there, as JSON", "PATH"},
      {"--jobs", &options.jobs, "Threads; as many as there are CPUs by default", "N", "",
       Range{1, 1024}},
      {"--list", &options.list, "Name the studies and end"},
      {"--quiet", &options.quiet, "No progress display"},
      {"--bounds", &options.bounds,
       "Print how many bits each protocol's rounds can carry, and end"},
      Option("--costs", &options.costs,
             "Of --bounds: a send, a take, the floor's round on one CPU and on two, in ns; rows of "
             "the bench have them",
             "NS", "", Range{1e-3, 1e12})
          .Needs("--bounds"),
      {"--replay", &replay.name,
       "Show one schedule of this protocol or planted bug: the shortest that fails, else any",
       "NAME"},
      Option("--message", &replay.message, "Of --replay: its bits", "BITS", replay.message)
          .Needs("--replay"),
      Option("--choices", &replay.choices, "Of --replay: which of the possible steps each time")
          .Needs("--replay"),
      Option("--seed", &replay.seed, "Of --replay: choose at random instead").Needs("--replay")};
}

void DescribeAssumptions(nlohmann::ordered_json* object) {
  auto& assumptions = (*object)["assumptions"];
  for (const AssumptionInfo& info : AllAssumptions()) assumptions.push_back(info.text);
}

int Run(const Options& options) {
  try {
    std::regex{options.filter};
  } catch (const std::regex_error&) {
    throw UsageMistake(fmt::format("--filter is no regular expression: {}", options.filter));
  }
  if (options.bounds) {
    if (!options.costs.empty() && options.costs.size() != kCosts) {
      throw UsageMistake(fmt::format("--costs wants {} numbers", kCosts));
    }
    PrintBounds(options.menu, options.costs);
    return EX_OK;
  }
  return options.replay.name.empty() ? VerifyAll(options)
                                     : ReplayOne(options.replay, options.menu, kName);
}

}  // namespace

int Program(int argc, char** argv, ProtocolMenu menu) {
  FillStandardDescriptors();
  Options options;
  options.menu = menu;
  options.jobs = std::max(std::thread::hardware_concurrency(), 1u);
  const CommandLine line{
      .program = kName,
      .description =
          "Explores every schedule of every protocol and says which can lose a bit.\n\n"
          "  minitalk-verify --out verdicts.json\n"
          "  minitalk-verify --filter='^(ack|lanes)/'\n"
          "  minitalk-verify --replay check-then-pause\n"
          "  minitalk-verify --replay ack --message 10 --seed 1\n",
      .options = DefineOptions(options),
      .exit_statuses = kExitStatuses,
      .menu = menu,
      .describe = DescribeAssumptions};
  return RunProgram(line, argc, argv, [&] { return Run(options); });
}

}  // namespace minitalk::verify

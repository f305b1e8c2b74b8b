// minitalk-explore: runs two programs that talk by signals, unmodified, through every schedule, and
// shows the shortest one that breaks them; or one program alone, through every moment of signals.
#include <fmt/format.h>
#include <sched.h>
#include <sysexits.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <optional>
#include <sstream>

#include "apps/cli/command_line.h"
#include "apps/cli/describe.h"
#include "apps/cli/result_file.h"
#include "apps/cli/screen.h"
#include "apps/cli/standard_output.h"
#include "core/os/fd.h"
#include "core/os/log.h"
#include "core/os/placement.h"
#include "core/os/signals.h"
#include "pairs/explore/report.h"
#include "pairs/explore/trace.h"

namespace minitalk::explore {
namespace {

constexpr const char* kProgram = "minitalk-explore";
constexpr int kFound = 1;
constexpr int kCannot = 2;
constexpr int kExitInterrupted = 130;

constexpr ExitStatus kExitStatuses[] = {
    {0, "no schedule that breaks them was found"},
    {1, "one was found; with --replay: it breaks them again"},
    {2, "they could not be explored, or the JSON not be written"},
    {64, "the command line is wrong"},
    {74, "standard output cannot be written"},
    {130, "interrupted; what was found until then was told"},
};

struct Options {
  std::string server;
  std::string client;
  std::string manifest;
  bool alone = false;
  std::vector<std::string> words;  // of the program alone
  std::string signals;
  std::string message = "k";
  std::string assume = "any";
  int preemptions = 2;
  double budget = 10;
  std::uint64_t seed = 1;
  int foreign = 0;
  int stops = 0;
  std::string json;
  std::string replay;
  bool no_random = false;
  bool quiet = false;
  unsigned lines = 60;
};

int SignalNamed(std::string name) {
  if (name.starts_with("SIG")) name.erase(0, 3);
  for (int signal = 1; signal < SIGRTMIN; ++signal) {
    const char* known = sigabbrev_np(signal);
    if (known != nullptr && name == known && signal != SIGKILL && signal != SIGSTOP) return signal;
  }
  throw UsageMistake(
      fmt::format("--signals: \"{}\" is no signal that a program can catch, such as "
                  "USR1 or HUP",
                  EscapeForTerminal(name)));
}

std::string ProgramAt(const std::string& path) {
  std::error_code error;
  const auto whole = std::filesystem::canonical(path, error);
  if (error || !std::filesystem::is_regular_file(whole)) {
    throw CannotExplore(
        fmt::format("there is no program {}; build it first", EscapeForTerminal(path)));
  }
  return whole.string();
}

// Words with commas between them.
std::vector<std::string> Split(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream stream(text);
  for (std::string word; std::getline(stream, word, ',');) words.push_back(word);
  return words;
}

void DescribeAlone(const Options& options, Subject* subject) {
  if (options.words.empty()) throw UsageMistake("--alone needs a program");
  if (options.signals.empty()) throw UsageMistake("--alone needs --signals, such as USR1,HUP");
  subject->pair.server = options.words;
  std::string& program = subject->pair.server.front();
  if (program.find('/') != std::string::npos) program = ProgramAt(program);
  subject->rules.each_once = true;
  subject->rules.foreign_signals.clear();
  for (const std::string& name : Split(options.signals)) {
    subject->rules.foreign_signals.push_back(SignalNamed(name));
  }
}

Subject SubjectOf(const Options& options) {
  Subject subject;
  subject.message = options.message;
  subject.rules.assumption =
      options.assume == "any" ? Assumption::kAnySchedule : Assumption::kPausesLong;
  subject.rules.stops = options.stops;
  subject.rules.foreign = options.foreign;
  if (options.foreign > 0) subject.rules.foreign_signals = {SIGUSR1, SIGUSR2};
  subject.pair.directory = std::filesystem::current_path();
  if (options.alone) {
    DescribeAlone(options, &subject);
  } else if (!options.manifest.empty()) {
    subject.pair = ReadManifest(options.manifest);
  } else if (options.server.empty() || options.client.empty()) {
    throw UsageMistake(
        "--server and --client name the programs; or give --manifest, --alone or "
        "--replay");
  } else {
    subject.pair.server = {ProgramAt(options.server)};
    subject.pair.client = {ProgramAt(options.client), "{pid}", "{text}"};
  }
  return subject;
}

Limits LimitsOf(const Options& options) {
  return {.preemptions = options.preemptions,
          .budget = std::chrono::duration_cast<std::chrono::nanoseconds>(
              std::chrono::duration<double>(options.budget)),
          .seed = options.seed,
          .random_rest = !options.no_random};
}

// "1,234".
std::string Grouped(std::uint64_t number) {
  if (number < 1000) return std::to_string(number);
  return fmt::format("{},{:03}", Grouped(number / 1000), number % 1000);
}

// How much of all there is was seen, in a sentence.
std::string Extent(const Exploration& exploration) {
  std::string text =
      fmt::format("{} schedules in {:.1f} s ({:.0f} a second)", Grouped(exploration.schedules),
                  exploration.seconds,
                  static_cast<double>(exploration.schedules) / std::max(exploration.seconds, 1e-3));
  if (exploration.exhausted) {
    text += "; every schedule there is";
  } else if (exploration.complete_preemptions >= 0) {
    text += fmt::format("; all with at most {} preemption{}", exploration.complete_preemptions,
                        exploration.complete_preemptions == 1 ? "" : "s");
  } else {
    text += "; not even all without a preemption";
  }
  if (exploration.random_schedules > 0) {
    text += fmt::format(", and {} at random", Grouped(exploration.random_schedules));
  }
  return text;
}

void PrintOutcome(const Exploration& exploration, const Options& options) {
  if (exploration.found.empty()) Print("none found\n");
  for (const Run& run : exploration.found) {
    const bool all = exploration.complete_preemptions >= run.preemptions;
    Print("{}: {}\n\n{}the shortest {}schedule with {} preemption{}{}\n\n", ToString(run.verdict),
          run.reason, RenderTrace(run, options.lines), exploration.found.size() > 1 ? "such " : "",
          run.preemptions, run.preemptions == 1 ? "" : "s", all ? "" : " that was seen");
  }
  Print("{}\n", Extent(exploration));
}

int Explore(const Options& options) {
  const Subject subject = SubjectOf(options);
  std::optional<ResultFile> file;
  if (!options.json.empty()) file.emplace(options.json);
  const Limits limits = LimitsOf(options);
  Stage stage(subject);
  Exploration exploration;
  {
    constexpr std::uint64_t kNobodyKnows = 0;
    ProgressLine progress(kNobodyKnows, !options.quiet && CanShowProgress());
    Search search(stage, limits, [&](const Exploration& so_far, int preemptions) {
      progress.ShowNowAndThen(so_far.schedules, [&] {
        return fmt::format("{} schedules, {} preemptions{}", Grouped(so_far.schedules), preemptions,
                           so_far.found.empty() ? "" : "; one breaks them, looking for a shorter");
      });
    });
    exploration = search.Explore();
  }
  PrintOutcome(exploration, options);
  if (file) file->Write(JsonText(ToJson(subject, limits, exploration)));
  if (exploration.interrupted) return kExitInterrupted;
  return exploration.found.empty() ? EX_OK : kFound;
}

int Replay(const Options& options) {
  const Recording recording = ReadRecording(options.replay);
  Stage stage(recording.subject);
  Search search(stage, LimitsOf(options));
  const Run run = search.Replay(recording.choices);
  Print("{}", RenderTrace(run, options.lines));
  if (run.verdict != Verdict::kNoneFound) Print("{}: {}\n", ToString(run.verdict), run.reason);
  if (Sentences(run) != recording.steps) {
    throw CannotExplore(
        "the run differs from the recorded one: other programs, or they depend on "
        "something that is not controlled");
  }
  return run.verdict == Verdict::kNoneFound ? EX_OK : kFound;
}

using minitalk::Option;

std::vector<Option> DefineOptions(Options& options) {
  return {{"--server", &options.server, "It prints its pid", "PATH"},
          {"--client", &options.client, "It is called with that pid and the message", "PATH"},
          {"--manifest", &options.manifest, "Of a pair that is called in another way", "PATH"},
          {"--message", &options.message, "What the client is to send", "TEXT", options.message},
          {"--alone", &options.alone, "One program and its arguments, without a partner"},
          Option("--signals", &options.signals, "Of --alone: each comes once, at any time", "NAMES")
              .Needs("--alone"),
          Option("--assume", &options.assume,
                 "When a pause may end: at any time, or only when nobody else can move", "", "any")
              .Choices({"any", "pauses-long"}),
          {"--preemptions", &options.preemptions,
           "How often processes may be interrupted that could go on", "N", "2", Range{0, 10}},
          {"--budget", &options.budget, "For how long", "SECONDS", "10", kSeconds},
          {"--seed", &options.seed, "Of the schedules at random", "N", "1"},
          {"--no-random", &options.no_random,
           "End when all schedules with so many preemptions were seen"},
          {"--foreign", &options.foreign, "So many USR1 or USR2 of a stranger, at any time", "N",
           "", Range{0, 4}},
          {"--stops", &options.stops, "So often a process is stopped and continued while it waits",
           "N", "", Range{0, 4}},
          {"--json", &options.json, "Write the outcome there", "PATH"},
          {"--replay", &options.replay, "Run the schedule of such a file again", "PATH"},
          {"--lines", &options.lines, "Of the schedule, at most", "N", "60", Range{1, 100'000}},
          {"--quiet", &options.quiet, "No progress display"},
          {"WORD", &options.words, "Of --alone: the program, and its arguments"}};
}

int Main(const Options& options) {
  PrepareSignals(kProgram, {SIGINT, SIGTERM, SIGHUP, SIGCHLD});
  // One of all processes runs at a time: on one CPU they wake each other soonest.
  if (const int cpu = sched_getcpu(); cpu >= 0) PinTo(cpu);
  try {
    return options.replay.empty() ? Explore(options) : Replay(options);
  } catch (const UsageMistake&) {
    throw;
  } catch (const Interrupted&) {
    PrintError("{}: interrupted\n", kProgram);
    return kExitInterrupted;
  } catch (const std::exception& error) {
    PrintError("{}: {}\n", kProgram, error.what());
    return kCannot;
  }
}

}  // namespace
}  // namespace minitalk::explore

int main(int argc, char** argv) {
  using namespace minitalk;
  FillStandardDescriptors();
  explore::Options options;
  const CommandLine line{
      .program = explore::kProgram,
      .description =
          "Runs a server and a client, anybody's, unmodified, through every schedule, and\n"
          "shows the shortest one in which the message is lost, wrong or waited for.\n\n"
          "  minitalk-explore --server ./server --client ./client\n"
          "  minitalk-explore --server ./server --client ./client --json found.json\n"
          "  minitalk-explore --replay found.json\n"
          "  minitalk-explore --alone ./daemon --signals HUP,TERM\n",
      .options = explore::DefineOptions(options),
      .exit_statuses = explore::kExitStatuses};
  return RunProgram(line, argc, argv, [&] { return explore::Main(options); });
}

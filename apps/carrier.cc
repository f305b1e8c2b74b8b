// minitalk-carrier: a server and a client over one of the carriers, the way a textbook shows them.
// This is the parent: it makes the carrier, forks both, keeps the clock and clears up.
#include "bench/carriers/carrier.h"

#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/carrier_ends.h"
#include "apps/cli/command_line.h"
#include "apps/cli/standard_output.h"
#include "apps/ends.h"
#include "bench/carriers/registry.h"
#include "core/endpoint/output.h"
#include "core/os/child.h"
#include "core/os/fd.h"
#include "core/os/log.h"
#include "core/os/shared_memory.h"
#include "core/os/signals.h"
#include "core/wire/text.h"

namespace minitalk {
namespace {

using std::chrono::milliseconds;

constexpr const char* kProgram = "minitalk-carrier";
constexpr int kSignalBase = 128;

// How often the parent looks for progress.
constexpr milliseconds kTick{50};

// If one end only says that it lost the other, the other may be about to say why.
constexpr milliseconds kGrace{1000};

constexpr std::string_view kLost = "the two ends lost each other";

constexpr ExitStatus kExitStatuses[] = {
    {0, "all of it was written out"},
    {64, "the command line is wrong, or there is no such carrier"},
    {66, "the input cannot be read"},
    {71, "the system refused something"},
    {74, "the output cannot be written"},
    {75, "no progress within the time limit, or an end died"},
};

struct Arguments {
  std::string name;
  std::optional<std::string> message;
  std::optional<std::string> file;
  Conditions conditions;
  bool list = false;
  bool steps = false;
};

std::vector<Option> Options(Arguments& arguments) {
  std::vector<Option> options{{"NAME", &arguments.name, "The carrier; see --list"},
                              {"MESSAGE", &arguments.message,
                               "A line to send, by default a greeting; - streams standard input"},
                              {"--file", &arguments.file, "Stream a file's bytes instead", "PATH"},
                              {"--list", &arguments.list, "Name the carriers and end"}};
  AddConditions(&arguments.conditions, "How both ends wait; auto: sleeping where possible",
                &options);
  options.emplace_back("--steps", &arguments.steps, "Tell each step on standard error");
  return options;
}

void ListCarriers() {
  for (const CarrierInfo* info : AllCarriers()) {
    const std::string alias = info->alias.empty() ? "" : fmt::format(" (also: {})", info->alias);
    Print("{:<10} {}{}\n", info->name, info->summary, alias);
  }
}

std::vector<std::string_view> CarrierNames() {
  std::vector<std::string_view> names;
  for (const CarrierInfo* info : AllCarriers()) {
    names.push_back(info->name);
    if (!info->alias.empty()) names.push_back(info->alias);
  }
  return names;
}

// What is to be done, as understood from the arguments.
struct Task {
  const CarrierInfo* info;
  WaitMode wait;
  EndCpus cpus;
  milliseconds timeout;
  Log parent;
  Log server;
  Log client;
};

// Monitors both ends until it is clear how this ends.
class Monitor {
 public:
  Monitor(const Task& task, const SharedProgress& progress, ChildProcess& server,
          ChildProcess& client)
      : log_(task.parent),
        progress_(progress),
        server_(server),
        client_(client),
        timeout_(task.timeout) {}

  // The exit code, or 128 + the signal that the user ended this by.
  int Run() {
    const Ticker ticker(kTick);
    for (;;) {
      const auto caught = TakeSignal({SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGALRM});
      if (!caught) continue;
      if (caught->signal == SIGALRM) {
        if (TimedOut()) return EX_TEMPFAIL;
      } else if (caught->signal == SIGCHLD) {
        if (const auto code = Verdict()) return *code;
      } else if (AsksToEnd(caught->signal)) {
        return kSignalBase + caught->signal;
      }
    }
  }

 private:
  // Counts ticks, so that being stopped and continued is not mistaken for standing still.
  bool TimedOut() {
    quiet_ += kTick;
    if (const auto moves = progress_.moves.load(); moves != moves_seen_) {
      moves_seen_ = moves;
      quiet_ = {};
    }
    if (quiet_ < timeout_) return false;
    log_.Say("{}", lost_ ? kLost : "no progress within the time limit");
    return true;
  }

  // Nothing: go on waiting.
  std::optional<int> Verdict() {
    const auto server = server_.ExitCode();
    const auto client = client_.ExitCode();
    for (const auto& code : {server, client}) {
      if (!code || *code == EX_OK || *code == EX_TEMPFAIL) continue;
      if (*code <= kSignalBase) return code;
      log_.Say("the {} died of signal {}", code == server ? "server" : "client",
               *code - kSignalBase);
      return EX_TEMPFAIL;
    }
    if (server == EX_OK && client == EX_OK) return EX_OK;
    if (server && client) {
      log_.Say("{}", kLost);
      return EX_TEMPFAIL;
    }
    if (!lost_ && (server == EX_TEMPFAIL || client == EX_TEMPFAIL)) {
      lost_ = true;
      quiet_ = {};
      timeout_ = std::min(timeout_, kGrace);
    }
    return std::nullopt;
  }

  const Log& log_;
  const SharedProgress& progress_;
  ChildProcess& server_;
  ChildProcess& client_;
  milliseconds timeout_;
  milliseconds quiet_{};
  std::uint64_t moves_seen_ = 0;
  bool lost_ = false;
};

void PinEnd(const Log& log, std::optional<int> cpu) {
  if (cpu && !PinTo(*cpu)) log.Say("cannot go to CPU {}", *cpu);
  log.Detail("is process {}{}", getpid(), cpu ? fmt::format(" on CPU {}", *cpu) : "");
}

int Converse(const Task& task, Source& source, Carrier& carrier, SharedProgress& progress) {
  const CarrierSteps& steps = task.info->steps;
  ChildProcess server([&] {
    PinEnd(task.server, task.cpus.receiver);
    carrier.Become(End::kReceiver, task.wait);
    return WriteOut({carrier, steps, task.server, progress}, STDOUT_FILENO);
  });
  ChildProcess client([&] {
    PinEnd(task.client, task.cpus.sender);
    carrier.Become(End::kSender, task.wait);
    return SendOut({carrier, steps, task.client, progress}, source);
  });
  carrier.Become(End::kNeither, task.wait);
  task.parent.Detail("has forked both, keeps no end itself, and waits for them");
  return Monitor(task, progress, server, client).Run();
}

int Carry(const Task& task, Source& source, bool stats) {
  // From here on nothing ends this program before it has cleared up.
  PrepareSignals("carrier", {SIGINT, SIGTERM, SIGHUP, SIGCHLD});
  SharedMemory<SharedProgress> progress;
  int code = EX_OK;
  {
    Carrier carrier(*task.info);
    task.parent.Detail("made {}, once for each direction: {}", task.info->name,
                       task.info->steps.make);
    code = Converse(task, source, carrier, *progress);
  }
  task.parent.Detail("both ends are gone and the carrier with them; exit code {}", code);
  if (code == EX_OK && stats) {
    const auto bytes = static_cast<double>(progress->bytes);
    const nlohmann::ordered_json object = {{"carrier", task.info->name},
                                           {"bytes", progress->bytes.load()},
                                           {"seconds", progress->seconds.load()},
                                           {"goodput_bytes_per_second", bytes / progress->seconds}};
    PrintError("{}\n", object.dump());
  }
  return code;
}

// Ends this process by a signal that it held back, as whoever sent it expects.
void DieOf(int signal) {
  RestoreDefault(signal);
  std::optional<Process> self;
  if (Process::Open(getpid(), &self) == Status::kOk) self->Send(signal);
  Unblock({signal});
}

// Nothing: the arguments contradict each other or the machine, and `log` has reported it.
std::optional<Task> Understand(const Arguments& arguments, const Log& log) {
  const CarrierInfo* info = FindCarrier(arguments.name);
  if (info == nullptr) {
    log.Say("unknown carrier \"{}\"{}; see {} --list", EscapeForTerminal(arguments.name),
            DidYouMean(arguments.name, CarrierNames()), kProgram);
    return std::nullopt;
  }
  const auto modes = ModesOf(*info);
  const WaitMode wait = arguments.conditions.wait_mode();
  if (wait != WaitMode::kAuto && std::ranges::find(modes, wait) == modes.end()) {
    log.Say("{} cannot wait by --wait {}", info->name, ToString(wait));
    return std::nullopt;
  }
  const auto cpus = CpusFor(arguments.conditions.placement(), log);
  if (!cpus) return std::nullopt;
  const auto verbosity = arguments.steps ? Verbosity::kVerbose : Verbosity::kNormal;
  return Task{info,
              wait,
              *cpus,
              ToMilliseconds(arguments.conditions.timeout_seconds),
              Log(kProgram, verbosity),
              Log("server", verbosity),
              Log("client", verbosity)};
}

int Run(const Arguments& arguments) {
  const Log log(kProgram, Verbosity::kNormal);
  if (arguments.list) {
    ListCarriers();
    return EX_OK;
  }
  if (arguments.name.empty() || (arguments.message && arguments.file)) {
    log.Say("wants a NAME and a MESSAGE or --file; see {} --help", kProgram);
    return EX_USAGE;
  }
  const auto task = Understand(arguments, log);
  if (!task) return EX_USAGE;
  std::string message =
      arguments.message.value_or(fmt::format("Hello, this came by {}.", task->info->name));
  if (message != "-") message += '\n';
  Input input;
  if (!OpenInput(message, arguments.file, log, &input)) return EX_NOINPUT;
  return Carry(*task, *input.source, arguments.conditions.stats);
}

}  // namespace
}  // namespace minitalk

int main(int argc, char** argv) {
  minitalk::FillStandardDescriptors();
  minitalk::Arguments arguments;
  const minitalk::CommandLine line{
      .program = minitalk::kProgram,
      .description =
          "Forks a server and a client that talk through one of the usual carriers: the\n"
          "server writes what the client sends. Exit status 0 means: all of it is written\n"
          "out.\n\n"
          "  minitalk-carrier shm \"hello\" --steps\n"
          "  minitalk-carrier pipe - <picture.png >copy.png\n"
          "  minitalk-carrier posixmq --file picture.png --stats >copy.png\n",
      .options = Options(arguments),
      .exit_statuses = minitalk::kExitStatuses,
      .exit_note = "; ended by SIGINT, SIGTERM or SIGHUP it clears up and dies of that",
      .describe = minitalk::DescribeCarriers};
  const int status = minitalk::RunProgram(line, argc, argv, [&] { return Run(arguments); });
  if (status > minitalk::kSignalBase) minitalk::DieOf(status - minitalk::kSignalBase);
  return status;
}

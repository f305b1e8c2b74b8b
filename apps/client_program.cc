// The client's arguments; the work is in core/endpoint/client and protocols/classic/client.
#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "apps/classic.h"
#include "apps/cli/command_line.h"
#include "apps/cli/standard_output.h"
#include "apps/conditions.h"
#include "apps/message.h"
#include "apps/programs.h"
#include "apps/progress.h"
#include "core/endpoint/client.h"
#include "core/endpoint/output.h"
#include "core/os/log.h"
#include "core/os/process_facts.h"
#include "protocols/classic/client.h"

namespace minitalk {
namespace {

constexpr std::size_t kMostClassicBytes = std::size_t{1} << 30;

constexpr const char* kMoreHelp =
    "With --classic exit status 0 says that everything was sent and each answer\n"
    "came; with ack=none that it was sent, and nothing about its fate. --pin places\n"
    "the client only. --force sends to a process of which /proc does not show what\n"
    "the signals would do to it.\n"
    "--classic detect sends no message but eight times SIGUSR1: to most servers an\n"
    "empty message, to others the beginning of one, so they may have to be started\n"
    "again. It prints the formats that fit the answers, likeliest first, and ends\n"
    "with status 64: the order of the bits, and mostly polarity and framing, show\n"
    "only in what the server prints.";

constexpr ExitStatus kExitStatuses[] = {
    {0, "delivered whole, and written out by the server"},
    {1, "given up after retries, too long, or the server could not write it"},
    {64, "usage, bad pid, unknown protocol, no --echo on the server"},
    {66, "the input cannot be read"},
    {69,
     "no such process, or one that is no minitalk server, or an older one: nothing is sent to it "
     "(see --classic)"},
    {71, "the system refused something"},
    {74, "standard output cannot be written: no list, no help"},
    {75, "timed out, or the server died or is full"},
    {77, "not permitted"},
};

constexpr std::string_view kOneMessage =
    "put quotes around a message of several words, and -- before one that begins with --";

struct Arguments {
  ProtocolMenu menu;
  std::string name;       // of the program
  std::string server;     // what to type for the server
  std::size_t words = 0;  // that are no options: none, a pid, a pid and a message
  std::string pid;
  std::string message;
  std::optional<std::string> file;
  std::optional<std::string> classic;
  std::string protocol = "auto";
  Conditions conditions;
  bool list = false;
  bool echo = false;
  bool force = false;
  bool quiet = false;
};

// The reply is printed only when it is whole.
class EchoSink final : public Sink {
 public:
  Status Append(std::span<const std::byte> bytes) override {
    return spool_.Append(bytes) ? Status::kOk : Status::kOutputFailed;
  }
  Status Commit(const TransferStats&) override {
    const auto format = isatty(STDOUT_FILENO) != 0 ? OutputFormat::kEscaped : OutputFormat::kRaw;
    Output output(STDOUT_FILENO, format, std::chrono::seconds(10));
    auto turn = output.Lock();
    return turn && turn->Write(spool_) ? Status::kOk : Status::kOutputFailed;
  }

 private:
  Spool spool_;
};

void Define(CLI::App& app, Arguments& arguments) {
  app.add_option("PID", arguments.pid, "The pid that the server printed");
  app.add_option(
      "MESSAGE", arguments.message,
      "What to send; - reads standard input. It may begin with a dash, with two after -- only");
  app.add_option("--file", arguments.file, "Send a file's bytes instead")->type_name("PATH");
  auto* protocol =
      app.add_option(
             "--protocol", arguments.protocol,
             "How to send it; see --list-protocols. auto: the fastest that loses nothing and "
             "whose signals carry nothing but their number")
          ->type_name("NAME[:PARAMETER]")
          ->capture_default_str();
  app.add_flag("--list-protocols", arguments.list, "Name the protocols and end");
  auto* echo =
      app.add_flag("--echo", arguments.echo,
                   "Wait for the message to come back and print it; the server needs --echo, too");
  AddConditions(app, arguments.conditions,
                "How both ends wait for a signal; auto learns whether polling pays");
  app.add_flag("--force", arguments.force, "Go on where /proc does not show what PID is");
  app.add_flag("--quiet", arguments.quiet, "No progress display, no diagnostics");
  AddClassic(app, arguments.classic,
             "Talk to somebody else's server, in its wire format; see below", kMoreHelp)
      ->excludes(protocol)
      ->excludes(echo);
}

void ListProtocols(ProtocolMenu menu) {
  for (const ProtocolInfo* info : menu) {
    const std::string name =
        info->parameter_unit.empty() ? std::string(info->name) : fmt::format("{}[:N]", info->name);
    Print("{:<12} {}", name, info->summary);
    if (!info->parameter_unit.empty()) {
      Print(" (N {}, default {})", info->parameter_unit, info->default_parameter);
    }
    Print("\n");
  }
}

void PrintStats(const Delivery& delivery, const std::string& protocol) {
  const nlohmann::ordered_json object = {
      {"bytes", delivery.stats.bytes},
      {"seconds", delivery.stats.seconds},
      {"goodput_bytes_per_second", delivery.stats.BytesPerSecond()},
      {"signals_sent", delivery.signals_sent},
      {"signals_received", delivery.signals_received},
      {"retries", delivery.stats.retries},
      {"protocol", protocol}};
  PrintError("{}\n", object.dump());
}

ClientOptions OptionsFor(const Arguments& arguments, pid_t pid) {
  ClientOptions options;
  options.server = pid;
  options.server_program = arguments.server;
  options.timeout = ToMilliseconds(arguments.conditions.timeout_seconds);
  options.wait = arguments.conditions.wait;
  options.pin = arguments.conditions.pin;
  options.force = arguments.force;
  return options;
}

int Report(const Arguments& arguments, const Log& log, pid_t pid, const std::string& protocol,
           const Delivery& delivery) {
  if (arguments.conditions.stats) PrintStats(delivery, protocol);
  if (delivery.status != Status::kOk) {
    log.Say("process {}: {}; {}", pid, ToString(delivery.status), delivery.remedy);
  }
  return ExitCode(delivery.status);
}

int SendIt(const Arguments& arguments, const Log& log, pid_t pid, const ProtocolChoice& choice) {
  Input input;
  if (!OpenInput(arguments.message, arguments.file, log, &input)) return EX_NOINPUT;
  EchoSink echo;
  Delivery delivery;
  {
    ProgressLine line(input.bytes, !arguments.quiet);
    ClientOptions options = OptionsFor(arguments, pid);
    options.message_bytes = input.bytes;
    options.echo = arguments.echo ? &echo : nullptr;
    options.progress = [&](std::uint64_t bytes) { line.Update(bytes); };
    delivery = Deliver(options, arguments.menu, choice, *input.source);
  }
  return Report(arguments, log, pid, choice.Name(), delivery);
}

// In a classic format a message is read to its end before anything is sent: its length may go
// first, and it may turn out not to fit the format.
int SendClassic(const Arguments& arguments, const Log& log, pid_t pid,
                const classic::Format& format) {
  Input input;
  if (!OpenInput(arguments.message, arguments.file, log, &input)) return EX_NOINPUT;
  std::vector<std::byte> message;
  const Status read = classic::ReadAll(*input.source, kMostClassicBytes, &message);
  if (read != Status::kOk) {
    log.Say("nothing was sent: {}",
            read == Status::kTooLarge ? "the message is longer than 1 GiB" : ToString(read));
    return ExitCode(read);
  }
  if (const auto why_not = classic::WhyNot(format, message)) {
    log.Say("{}", *why_not);
    return EX_USAGE;
  }
  Delivery delivery;
  {
    ProgressLine line(message.size(), !arguments.quiet);
    ClientOptions options = OptionsFor(arguments, pid);
    options.progress = [&](std::uint64_t bytes) { line.Update(bytes); };
    delivery = classic::DeliverClassic(options, format, message);
  }
  return Report(arguments, log, pid, "classic:" + format.ToString(), delivery);
}

// Prints the formats that the server may have; which of them it is only its own output can show.
int DetectServer(const Arguments& arguments, const Log& log, pid_t pid) {
  const classic::Discovery found = classic::Discover(OptionsFor(arguments, pid));
  if (found.status != Status::kOk) {
    log.Say("process {}: {}; {}", pid, ToString(found.status), found.remedy);
    return ExitCode(found.status);
  }
  for (const classic::Format& format : classic::Candidates(found.sighting)) {
    Print("{}\n", format.ToString());
  }
  log.Say(
      "process {}: {}; no message was sent: try the formats printed, likeliest first, and look "
      "at what it prints (it may want to be started again)",
      pid, classic::Describe(found.sighting));
  return EX_USAGE;
}

int Run(const Arguments& arguments) {
  const Log log(arguments.name, arguments.quiet ? Verbosity::kQuiet : Verbosity::kNormal);
  if (arguments.list) {
    ListProtocols(arguments.menu);
    return EX_OK;
  }
  const bool detects = arguments.classic && !ClassicFormat(*arguments.classic);
  const bool has_message = arguments.words > 1;
  if (arguments.words == 0 || (has_message == arguments.file.has_value() && !detects)) {
    log.Say("wants a PID and either a MESSAGE or --file; see {} --help", arguments.name);
    return EX_USAGE;
  }
  const auto pid = ParsePid(arguments.pid);
  if (!pid) {
    log.Say("\"{}\" is no pid of a server; use the number that the server prints",
            EscapeForTerminal(arguments.pid));
    return EX_USAGE;
  }
  if (!CpusFor(arguments.conditions.pin, log)) return EX_USAGE;
  if (detects) return DetectServer(arguments, log, *pid);
  if (arguments.classic) {
    return SendClassic(arguments, log, *pid, *ClassicFormat(*arguments.classic));
  }
  const auto choice = ChooseProtocol(arguments.menu, arguments.protocol);
  if (!choice) {
    log.Say("{}; see {} --list-protocols",
            EscapeForTerminal(WhyUnknown(arguments.menu, arguments.protocol)), arguments.name);
    return EX_USAGE;
  }
  return SendIt(arguments, log, *pid, *choice);
}

// Nothing: `arguments` are what the command line says. Else the exit code to end with.
std::optional<int> Parse(const Called& called, int argc, char** argv, Arguments& arguments) {
  // Mostly there are just two words, of which no option could make anything else; setting CLI11 up
  // takes as long as it takes a message to arrive.
  if (argc == 3 && argv[1][0] != '-' && argv[2][0] != '-') {
    arguments.words = 2;
    arguments.pid = argv[1];
    arguments.message = argv[2];
    return std::nullopt;
  }
  CLI::App app(
      fmt::format("Sends a message to {1} by SIGUSR1 and SIGUSR2 alone.\n"
                  "Exit status 0 means: delivered whole and written out by the server.\n\n"
                  "  {0} 1234 \"hello\"\n"
                  "  {0} 1234 --file picture.png --stats\n"
                  "  {0} 1234 --file video.mp4 --protocol siginfo\n"
                  "  date | {0} 1234 -\n",
                  called.typed, arguments.server));
  Define(app, arguments);
  const Manual manual{.exit_statuses = kExitStatuses, .of_extras = kOneMessage, .knows = [&] {
                        return DescribeEnds(arguments.menu);
                      }};
  const auto code = ParseCommandLine(app, called.name, argc, argv, manual);
  arguments.words = app.count("PID") + app.count("MESSAGE");
  return code;
}

}  // namespace

int ClientProgram(int argc, char** argv, ProtocolMenu menu) {
  const Called called = CalledBy(argc, argv, "client");
  if (Refuses(called.name, menu)) return EX_SOFTWARE;
  Arguments arguments;
  arguments.menu = menu;
  arguments.name = called.name;
  arguments.server = Partner(called.typed, "client", "server");
  if (const auto code = Parse(called, argc, argv, arguments)) return *code;
  try {
    return EndOutput(called.name, Run(arguments));
  } catch (const std::exception& error) {
    PrintError("{}: {}\n", called.name, error.what());
    return EX_OSERR;
  }
}

}  // namespace minitalk

// The client's arguments; the work is in core/endpoint/client and protocols/classic/client.
#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>

#include "apps/cli/describe.h"
#include "apps/cli/screen.h"
#include "apps/cli/standard_output.h"
#include "apps/ends.h"
#include "apps/programs.h"
#include "core/endpoint/client.h"
#include "core/endpoint/output.h"
#include "core/os/process_facts.h"
#include "protocols/classic/client.h"

namespace minitalk {
namespace {

constexpr std::size_t kMostClassicBytes = std::size_t{1} << 30;

constexpr std::chrono::milliseconds kProgressDelay{500};

constexpr const char* kMoreHelp =
    "For example: --classic lsb,usr1=1,len32,ack=bit,acksig=usr2\n\n"
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
  std::string name;    // of the program
  std::string server;  // what to type for the server
  std::optional<std::string> pid;
  std::optional<std::string> message;
  std::optional<std::string> file;
  std::optional<std::string> classic;
  std::string protocol = "auto";
  Conditions conditions;
  bool list = false;
  bool echo = false;
  bool force = false;
  bool quiet = false;

  const std::string& text() const {
    static const std::string kNone;
    return message ? *message : kNone;
  }
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

std::vector<Option> Options(Arguments& arguments) {
  std::vector<Option> options{
      {"PID", &arguments.pid, "The pid that the server printed"},
      {"MESSAGE", &arguments.message,
       "What to send; - reads standard input. It may begin with a dash, with two after -- only"},
      {"--file", &arguments.file, "Send a file's bytes instead", "PATH"},
      {"--protocol", &arguments.protocol,
       "How to send it; see --list-protocols. auto: the fastest that loses nothing and whose "
       "signals carry nothing but their number",
       "NAME[:PARAMETER]", "auto"},
      {"--list-protocols", &arguments.list, "Name the protocols and end"},
      {"--echo", &arguments.echo,
       "Wait for the message to come back and print it; the server needs --echo, too"}};
  AddConditions(&arguments.conditions,
                "How both ends wait for a signal; auto learns whether polling pays", &options);
  options.emplace_back("--force", &arguments.force, "Go on where /proc does not show what PID is");
  options.emplace_back("--quiet", &arguments.quiet, "No progress display, no diagnostics");
  options.push_back(ClassicOption(&arguments.classic,
                                  "Talk to somebody else's server, in its wire format; see below")
                        .Excludes("--protocol")
                        .Excludes("--echo"));
  return options;
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

std::string Rate(const ProgressLine& line, std::uint64_t bytes) {
  return HumanBytes(static_cast<double>(bytes) / line.elapsed().count()) + "/s";
}

// `line`: where the progress is shown; null: nowhere.
ClientOptions OptionsFor(const Arguments& arguments, pid_t pid, ProgressLine* line) {
  ClientOptions options;
  options.server = pid;
  options.server_program = arguments.server;
  options.timeout = ToMilliseconds(arguments.conditions.timeout_seconds);
  options.wait = arguments.conditions.wait_mode();
  options.pin = arguments.conditions.placement();
  options.force = arguments.force;
  if (line != nullptr) {
    options.progress = [line](std::uint64_t bytes) {
      line->ShowNowAndThen(bytes, [&] { return Rate(*line, bytes); });
    };
  }
  return options;
}

int Report(const Arguments& arguments, const Log& log, pid_t pid, const std::string& protocol,
           const Delivery& delivery) {
  if (arguments.conditions.stats) PrintError("{}\n", DescribeDelivery(delivery, protocol));
  if (delivery.status != Status::kOk) {
    log.Say("process {}: {}; {}", pid, ToString(delivery.status), delivery.remedy);
  }
  return ExitCode(delivery.status);
}

int SendIt(const Arguments& arguments, const Log& log, pid_t pid, const ProtocolChoice& choice) {
  Input input;
  if (!OpenInput(arguments.text(), arguments.file, log, &input)) return EX_NOINPUT;
  EchoSink echo;
  Delivery delivery;
  {
    ProgressLine line(input.bytes == kUnknownLength ? 0 : input.bytes, !arguments.quiet,
                      kProgressDelay);
    ClientOptions options = OptionsFor(arguments, pid, &line);
    options.message_bytes = input.bytes;
    options.echo = arguments.echo ? &echo : nullptr;
    delivery = Deliver(options, arguments.menu, choice, *input.source);
  }
  return Report(arguments, log, pid, choice.Name(), delivery);
}

// In a classic format a message is read to its end before anything is sent: its length may go
// first, and it may turn out not to fit the format.
int SendClassic(const Arguments& arguments, const Log& log, pid_t pid,
                const classic::Format& format) {
  Input input;
  if (!OpenInput(arguments.text(), arguments.file, log, &input)) return EX_NOINPUT;
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
    ProgressLine line(message.size(), !arguments.quiet, kProgressDelay);
    delivery = classic::DeliverClassic(OptionsFor(arguments, pid, &line), format, message);
  }
  return Report(arguments, log, pid, "classic:" + format.ToString(), delivery);
}

// Prints the formats that the server may have; which of them it is only its own output can show.
int DetectServer(const Arguments& arguments, const Log& log, pid_t pid) {
  const classic::Discovery found = classic::Discover(OptionsFor(arguments, pid, nullptr));
  if (found.status != Status::kOk) {
    log.Say("process {}: {}; {}", pid, ToString(found.status), found.remedy);
    return ExitCode(found.status);
  }
  for (const classic::Format& format : classic::Candidates(found.probe)) {
    Print("{}\n", format.ToString());
  }
  log.Say(
      "process {}: {}; no message was sent: try the formats printed, likeliest first, and look "
      "at what it prints (it may want to be started again)",
      pid, ToString(found.probe));
  return EX_USAGE;
}

int Run(const Arguments& arguments) {
  const Log log(arguments.name, arguments.quiet ? Verbosity::kQuiet : Verbosity::kNormal);
  if (arguments.list) {
    ListProtocols(arguments.menu);
    return EX_OK;
  }
  const bool detects = arguments.classic && !ClassicFormat(*arguments.classic);
  const bool has_message = arguments.message.has_value();
  if (!arguments.pid || (has_message == arguments.file.has_value() && !detects)) {
    log.Say("wants a PID and either a MESSAGE or --file; see {} --help", arguments.name);
    return EX_USAGE;
  }
  const auto pid = ParsePid(*arguments.pid);
  if (!pid) {
    log.Say("\"{}\" is no pid of a server; use the number that the server prints",
            EscapeForTerminal(*arguments.pid));
    return EX_USAGE;
  }
  if (!CpusFor(arguments.conditions.placement(), log)) return EX_USAGE;
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

}  // namespace

int ClientProgram(int argc, char** argv, ProtocolMenu menu) {
  const Called called = CalledBy(argc, argv, "client");
  Arguments arguments;
  arguments.menu = menu;
  arguments.name = called.name;
  arguments.server = Partner(called, "client", "server");
  const CommandLine line{
      .program = called.name,
      .description =
          fmt::format("Sends a message to {1} by SIGUSR1 and SIGUSR2 alone.\n"
                      "Exit status 0 means: delivered whole and written out by the server.\n\n"
                      "  {0} 1234 \"hello\"\n"
                      "  {0} 1234 --file picture.png --stats\n"
                      "  {0} 1234 --file video.mp4 --protocol siginfo\n"
                      "  date | {0} 1234 -\n",
                      called.typed, arguments.server),
      .options = Options(arguments),
      .exit_statuses = kExitStatuses,
      .footer = kMoreHelp,
      .of_extras = kOneMessage,
      .menu = menu};
  return RunProgram(line, argc, argv, [&] { return Run(arguments); });
}

}  // namespace minitalk

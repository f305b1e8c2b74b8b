// ./client: arguments only; the work is in core/client.
#include "core/client.h"

#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "apps/cli.h"
#include "apps/message.h"
#include "apps/progress.h"
#include "core/log.h"
#include "core/output.h"
#include "core/process_facts.h"
#include "protocols/registry.h"

namespace minitalk {
namespace {

struct Arguments {
  std::string pid;
  std::string message;
  std::optional<std::string> file;
  std::string protocol = "auto";
  std::string wait = "auto";
  std::string pin = "none";
  double timeout = 10;
  bool list = false;
  bool echo = false;
  bool stats = false;
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
  app.add_option("PID", arguments.pid, "The pid that ./server printed");
  app.add_option("MESSAGE", arguments.message, "What to send; - reads standard input");
  // As everywhere: an option that is given twice counts as given last.
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.add_option("--file", arguments.file, "Send a file's bytes instead")->type_name("PATH");
  app.add_option("--protocol", arguments.protocol, "How to send it; see --list-protocols")
      ->type_name("NAME[:PARAMETER]")
      ->capture_default_str();
  app.add_flag("--list-protocols", arguments.list, "Name the protocols and end");
  app.add_flag("--echo", arguments.echo, "Wait for the message to come back and print it");
  app.add_option("--timeout", arguments.timeout, "Give up after so long without any progress")
      ->type_name("SECONDS")
      ->check(SecondsCheck())
      ->capture_default_str();
  app.add_option("--wait", arguments.wait, "How both ends wait for a signal")
      ->check(CLI::IsMember({"spin", "sleep", "auto"}))
      ->capture_default_str();
  app.add_option("--pin", arguments.pin, "Both ends on the same CPU, across two, or unpinned")
      ->check(CLI::IsMember({"same", "cross", "none"}))
      ->capture_default_str();
  app.add_flag("--stats", arguments.stats, "One JSON object on standard error");
  app.add_flag("--force", arguments.force, "Go on where /proc does not show what PID is");
  app.add_flag("--quiet", arguments.quiet, "No progress display, no diagnostics");
}

void ListProtocols() {
  for (const ProtocolInfo* info : AllProtocols()) {
    const std::string name =
        info->parameter_unit.empty() ? std::string(info->name) : fmt::format("{}[:N]", info->name);
    fmt::print("{:<12} {}", name, info->summary);
    if (!info->parameter_unit.empty()) {
      fmt::print(" (N {}, default {})", info->parameter_unit, info->default_parameter);
    }
    fmt::print("\n");
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
  fmt::print(stderr, "{}\n", object.dump());
}

int SendIt(const Arguments& arguments, const Log& log, pid_t pid, const ProtocolChoice& choice) {
  Input input;
  if (!OpenInput(arguments.message, arguments.file, log, &input)) return EX_NOINPUT;
  EchoSink echo;
  Delivery delivery;
  {
    ProgressLine line(input.bytes, !arguments.quiet);
    const ClientOptions options{
        .server = pid,
        .timeout = ToMilliseconds(arguments.timeout),
        .wait = *ParseWaitMode(arguments.wait),
        .pin = *ParsePin(arguments.pin),
        .force = arguments.force,
        .message_bytes = input.bytes,
        .echo = arguments.echo ? &echo : nullptr,
        .progress = [&](std::uint64_t bytes) { line.Update(bytes); },
    };
    delivery = Deliver(options, AllProtocols(), choice, *input.source);
  }
  if (arguments.stats) PrintStats(delivery, choice.Name());
  if (delivery.status != Status::kOk) {
    log.Say("process {}: {}; {}", pid, Explain(delivery.status), delivery.remedy);
  }
  return ExitCode(delivery.status);
}

int Run(const CLI::App& app, const Arguments& arguments) {
  const Log log("client", arguments.quiet ? Verbosity::kQuiet : Verbosity::kNormal);
  if (arguments.list) {
    ListProtocols();
    return EX_OK;
  }
  const bool has_message = app.count("MESSAGE") > 0;
  if (app.count("PID") == 0 || has_message == arguments.file.has_value()) {
    log.Say("wants a PID and either a MESSAGE or --file; see client --help");
    return EX_USAGE;
  }
  const auto pid = ParsePid(arguments.pid);
  if (!pid) {
    log.Say("\"{}\" is no pid of a server; use the number that ./server prints",
            EscapeForTerminal(arguments.pid));
    return EX_USAGE;
  }
  const auto choice = ChooseProtocol(AllProtocols(), arguments.protocol);
  if (!choice) {
    log.Say("unknown protocol \"{}\"; see client --list-protocols",
            EscapeForTerminal(arguments.protocol));
    return EX_USAGE;
  }
  return SendIt(arguments, log, *pid, *choice);
}

}  // namespace
}  // namespace minitalk

int main(int argc, char** argv) {
  minitalk::Arguments arguments;
  CLI::App app(
      "Sends a message to ./server by SIGUSR1 and SIGUSR2 alone.\n"
      "Exit status 0 means: delivered whole and written out by the server.\n\n"
      "  ./client 1234 \"hello\"\n"
      "  ./client 1234 --file picture.png --stats\n"
      "  date | ./client 1234 -");
  minitalk::Define(app, arguments);
  if (const auto code = minitalk::ParseCommandLine(app, "client", argc, argv)) return *code;
  try {
    return minitalk::Run(app, arguments);
  } catch (const std::exception& error) {
    fmt::print(stderr, "client: {}\n", error.what());
    return EX_OSERR;
  }
}

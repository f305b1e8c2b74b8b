// The server's arguments; the work is in core/endpoint/server and protocols/classic/server.
#include <fmt/format.h>
#include <unistd.h>

#include "apps/cli/describe.h"
#include "apps/ends.h"
#include "apps/programs.h"
#include "core/endpoint/server.h"
#include "protocols/classic/server.h"

namespace minitalk {
namespace {

constexpr const char* kMoreHelp =
    "For example: --classic lsb,usr1=1,len32,ack=bit,acksig=usr2\n\n"
    "--classic detect finds the format out for each client: nothing is answered\n"
    "until it stops. After one bit it wants each bit answered, after eight each\n"
    "byte; SIGUSR1 is tried first. The format is then the one in which its bits are\n"
    "text; it is reported on standard error.\n"
    "All clients share two slots. Where two send the same signal at once a bit\n"
    "vanishes, and one of them stalls: it is dropped after --idle-timeout, and what\n"
    "it began is never printed. Nobody is answered who does not catch or await the\n"
    "signal.";

constexpr ExitStatus kExitStatuses[] = {
    {0, "ended by SIGINT, SIGTERM or SIGHUP, or after --once"},
    {64, "the command line is wrong"},
    {71, "the system refused something that a server needs"},
    {73, "the pidfile cannot be written"},
    {74, "nobody reads standard output any more, or help cannot be written to it"},
};

struct Arguments {
  ServerOptions options;
  bool json = false;
  bool raw = false;
  bool quiet = false;
  bool verbose = false;
  double idle_timeout = 10;
  std::optional<std::string> classic;
};

std::vector<Option> Options(Arguments& arguments) {
  ServerOptions& options = arguments.options;
  return {
      {"--once", &options.once, "End after the first message"},
      {"--echo", &options.echo, "Send each message back to a client that asks for it"},
      {"--json", &arguments.json, "One JSON object a message"},
      Option("--raw", &arguments.raw, "Never escape, not even on a terminal").Excludes("--json"),
      {"--max-message", &options.max_message_bytes, "Refuse longer messages", "BYTES",
       std::to_string(options.max_message_bytes)},
      {"--max-sessions", &options.max_sessions, "Clients served at the same time", "N",
       std::to_string(options.max_sessions), Range{1, 10'000}},
      {"--idle-timeout", &arguments.idle_timeout, "Give a silent client up after so long",
       "SECONDS", "10", kSeconds},
      {"--pidfile", &options.pidfile, "Write the pid there, remove it at the end", "PATH"},
      {"--quiet", &arguments.quiet, "No diagnostics"},
      Option("--verbose", &arguments.verbose, "A line for every session").Excludes("--quiet"),
      ClassicOption(&arguments.classic,
                    "Serve other people's clients, in their wire format; see below")
          .Excludes("--echo")};
}

// What to type next, for a person who started this on a terminal; scripts need none, not even those
// that keep a terminal for its output.
std::string Hint(const Arguments& arguments, const std::string& client) {
  if (arguments.json) return "";
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (isatty(descriptor) == 0) return "";
  }
  std::string options;
  if (arguments.classic) {
    const bool detects = !ClassicFormat(*arguments.classic);
    options = " --classic " + (detects ? "msb" : *arguments.classic);
  }
  return fmt::format("now type in another terminal: {}{} {} \"hello\"", client, options, getpid());
}

ServerOptions OptionsFor(const Arguments& arguments) {
  ServerOptions options = arguments.options;
  options.idle_timeout = ToMilliseconds(arguments.idle_timeout);
  if (arguments.json) {
    options.format = OutputFormat::kJson;
    options.to_json = MessageToJson;
  } else if (!arguments.raw && isatty(STDOUT_FILENO) != 0) {
    options.format = OutputFormat::kEscaped;
  }
  if (arguments.quiet) options.verbosity = Verbosity::kQuiet;
  if (arguments.verbose) options.verbosity = Verbosity::kVerbose;
  return options;
}

}  // namespace

int ServerProgram(int argc, char** argv, ProtocolMenu menu) {
  const Called called = CalledBy(argc, argv, "server");
  Arguments arguments;
  arguments.options.name = called.name;
  const std::string client = Partner(called, "server", "client");
  const CommandLine line{
      .program = called.name,
      .description = fmt::format(
          "Prints messages that arrive by SIGUSR1 and SIGUSR2 alone.\n"
          "Its first line is its pid; then every message, whole, on a line of its own.\n\n"
          "  {0} &               then: {1} PID \"hello\"\n"
          "  {0} --once >file    receive one message and end\n"
          "  {0} --json | jq .   an object a message\n",
          called.typed, client),
      .options = Options(arguments),
      .exit_statuses = kExitStatuses,
      .footer = kMoreHelp,
      .menu = menu};
  return RunProgram(line, argc, argv, [&] {
    ServerOptions options = OptionsFor(arguments);
    options.hint = Hint(arguments, client);
    if (!arguments.classic) return RunServer(options, menu);
    return classic::RunClassicServer(options, ClassicFormat(*arguments.classic));
  });
}

}  // namespace minitalk

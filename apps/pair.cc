// minitalk-pair: runs a third-party pair under supervision and reports what it saw, for programs
// in other languages. This process only waits: the one that does the work is a fork of its own, and
// whichever of the two is killed, the other clears up.
#include <sys/prctl.h>
#include <sysexits.h>
#include <unistd.h>

#include "apps/cli/command_line.h"
#include "core/os/fd.h"
#include "core/os/log.h"
#include "core/os/signals.h"
#include "pairs/processes.h"
#include "pairs/supervision.h"
#include "pairs/supervisor.h"

namespace minitalk {
namespace {

constexpr const char* kProgram = "minitalk-pair";
constexpr int kSignalBase = 128;
constexpr ExitStatus kExitStatuses[] = {
    {0, "the input has ended"},
    {64, "the command line is wrong"},
    {70, "it was killed in its work"},
    {71, "the system refused something, such as the sandbox"},
    {130, "interrupted (128 and the signal's number)"},
};

int Run(bool sandboxed) {
  PrepareSignals(kProgram, {SIGINT, SIGTERM, SIGHUP, SIGCHLD});
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  if (sandboxed) EnterSandbox();
  Supervisor supervisor([&](int hang_up) {
    if (sandboxed) MountProc();
    return AnswerRequests({hang_up, STDOUT_FILENO});
  });
  for (;;) {
    const auto caught = TakeSignal({SIGINT, SIGTERM, SIGHUP, SIGCHLD});
    if (const auto code = supervisor.ExitCode()) return *code < kSignalBase ? *code : EX_SOFTWARE;
    if (caught && caught->signal != SIGCHLD) return kSignalBase + caught->signal;
  }
}

}  // namespace
}  // namespace minitalk

int main(int argc, char** argv) {
  minitalk::FillStandardDescriptors();
  bool sandboxed = false;
  const minitalk::CommandLine line{
      .program = minitalk::kProgram,
      .description =
          "Runs a pair of a server and a client, anybody's, each under a terminal, watches\n"
          "them, and tells what it saw: requests on standard input and observations on\n"
          "standard output, each a JSON object on a line (pairs/README.md). It ends with\n"
          "its input, and so does all that it started.\n\n"
          "  minitalk-pair <requests.jsonl >observations.jsonl\n"
          "  minitalk-pair --sandbox <requests.jsonl >observations.jsonl\n",
      .options = {{"--sandbox", &sandboxed,
                   "In a pid namespace, so that nobody outside can be signalled"}},
      .exit_statuses = minitalk::kExitStatuses};
  const int status =
      minitalk::RunProgram(line, argc, argv, [&] { return minitalk::Run(sandboxed); });
  minitalk::EndChildren();
  return status;
}

#include "apps/cli/standard_output.h"

#include <sysexits.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "core/os/log.h"
#include "core/os/signals.h"

namespace minitalk {
namespace {

std::atomic<bool> g_interrupted{false};
pid_t g_program = 0;  // for whom the handler is meant; children inherit it
std::string g_report;

void Interrupt(int) {
  if (getpid() != g_program) _exit(kExitInterrupted);
  if (g_interrupted.exchange(true)) _exit(ReportInterruption());
}

}  // namespace

void PrintText(std::string_view text) {
  [[maybe_unused]] const auto written = std::fwrite(text.data(), 1, text.size(), stdout);
}

int EndOutput(std::string_view program, int code) {
  const bool flushed = std::fflush(stdout) == 0;
  if ((flushed && std::ferror(stdout) == 0) || code != EXIT_SUCCESS) return code;
  PrintError("{}: standard output cannot be written; is its disk full?\n", program);
  return EX_IOERR;
}

const std::atomic<bool>& WatchForInterruption(const char* program) {
  // Made in advance: signal handlers must be async-signal-safe.
  g_report = fmt::format("{}: interrupted; nothing was written\n", program);
  g_program = getpid();
  CatchTermination(Interrupt);
  return g_interrupted;
}

int ReportInterruption() {
  WriteError(g_report);
  return kExitInterrupted;
}

}  // namespace minitalk

#include "core/os/log.h"

#include <unistd.h>

#include <cstdlib>

namespace minitalk {

bool CanShowProgress() {
  const char* kind = std::getenv("TERM");
  return isatty(STDERR_FILENO) != 0 && (kind == nullptr || std::string_view(kind) != "dumb");
}

void WriteError(std::string_view text) {
  [[maybe_unused]] const auto written = write(STDERR_FILENO, text.data(), text.size());
}

void Log::Print(std::string_view text) const { PrintError("{}: {}\n", program_, text); }

}  // namespace minitalk

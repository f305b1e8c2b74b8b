#include "core/log.h"

#include <unistd.h>

#include <cstdlib>

namespace minitalk {

bool CanShowProgress() {
  const char* kind = std::getenv("TERM");
  return isatty(STDERR_FILENO) != 0 && (kind == nullptr || std::string_view(kind) != "dumb");
}

void Log::Print(std::string_view text) const {
  const std::string line = fmt::format("{}: {}\n", program_, text);
  // Nobody to tell if standard error itself is gone.
  [[maybe_unused]] const auto written = write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace minitalk

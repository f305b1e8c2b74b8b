#include "apps/cli/standard_output.h"

#include <sysexits.h>

#include <cstdio>
#include <cstdlib>

#include "core/os/log.h"

namespace minitalk {

void PrintText(std::string_view text) {
  [[maybe_unused]] const auto written = std::fwrite(text.data(), 1, text.size(), stdout);
}

int EndOutput(std::string_view program, int code) {
  const bool flushed = std::fflush(stdout) == 0;
  if ((flushed && std::ferror(stdout) == 0) || code != EXIT_SUCCESS) return code;
  PrintError("{}: standard output cannot be written; is its disk full?\n", program);
  return EX_IOERR;
}

}  // namespace minitalk

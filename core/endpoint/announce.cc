#include "core/endpoint/announce.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace minitalk {

std::string FirstLine() { return fmt::format("{}\n", getpid()); }

bool Announce(const std::string& pidfile, const std::string& hint, const Log& log, Output& output) {
  if (!pidfile.empty()) {
    std::ofstream file(pidfile, std::ios::trunc);
    file << FirstLine();
    if (!file.flush()) {
      log.Say("cannot write the pidfile {}: {}; choose another --pidfile",
              EscapeForTerminal(pidfile), std::strerror(errno));
      return false;
    }
  }
  auto turn = output.Lock();
  if (!turn || !turn->WriteFirstLine()) {
    log.Say("cannot write to standard output ({}); until that is mended messages are refused",
            std::strerror(errno));
  }
  if (!hint.empty()) log.Say("{}", hint);
  return true;
}

bool NobodyReads(const Log& log, const Output& output) {
  if (!output.Abandoned()) return false;
  log.Say("nobody reads standard output any more");
  return true;
}

}  // namespace minitalk

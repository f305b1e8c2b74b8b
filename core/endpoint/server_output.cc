#include "core/endpoint/server_output.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace minitalk {

Status OutputSink::Append(std::span<const std::byte> bytes) {
  if (spool_.Append(bytes)) return Status::kOk;
  log_.Say("cannot store a message: {}; is TMPDIR full?", std::strerror(errno));
  return Status::kOutputFailed;
}

Status OutputSink::Commit(const TransferStats& stats) {
  turn_ = output_.Lock();
  if (turn_ && Write(stats)) return Status::kOk;
  log_.Say("cannot write a message out: {}", std::strerror(errno));
  turn_.reset();  // a refusal takes its time; others may write meanwhile
  return Status::kOutputFailed;
}

bool OutputSink::Write(const TransferStats& stats) {
  if (output_.format() != OutputFormat::kJson) return turn_->Write(spool_);
  const auto text = spool_.Text();
  return text && turn_->WriteLine(to_json_(*text, stats));
}

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

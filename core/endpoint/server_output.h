// What a server writes: its pid, in the pidfile and on standard output, then each message once it
// is whole.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/endpoint/output.h"
#include "core/endpoint/spool.h"
#include "core/os/log.h"
#include "core/wire/session.h"

namespace minitalk {

// Collects a message and, when it is whole, writes it out. Then it keeps the output locked until it
// is destroyed, so that the verdict goes out before the next message does. Logs what failed.
class OutputSink final : public Sink {
 public:
  using ToJson = std::function<std::string(std::string_view text, const TransferStats&)>;

  // `to_json` renders the JSON line; used only in that format.
  OutputSink(Output& output, const Log& log, ToJson to_json)
      : output_(output), log_(log), to_json_(std::move(to_json)) {}

  Status Append(std::span<const std::byte> bytes) override;
  Status Commit(const TransferStats& stats) override;

  Spool TakeSpool() { return std::move(spool_); }

 private:
  bool Write(const TransferStats& stats);

  Output& output_;
  const Log& log_;
  ToJson to_json_;
  Spool spool_;
  std::optional<Output::Turn> turn_;
};

// The line that belongs before all messages.
std::string FirstLine();

// Writes the pidfile (empty: none), then the first line, then logs the hint, unless it is empty.
// False: the pidfile cannot be written, which is logged. So is an output that cannot be written,
// but that is no reason to end. REQUIRES: the server is ready.
bool Announce(const std::string& pidfile, const std::string& hint, const Log& log, Output& output);

// True if nothing that is still to come could be delivered, since whoever read the output has
// closed it; that is logged. A reason to end, with EX_IOERR, as for any program in a pipeline.
bool NobodyReads(const Log& log, const Output& output);

}  // namespace minitalk

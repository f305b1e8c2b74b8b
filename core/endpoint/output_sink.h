// Where the server collects a message until it is whole, and what it writes then.
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
// is destroyed, so that the verdict goes out before the next message does. Says itself what failed.
class OutputSink final : public Sink {
 public:
  using Describe = std::function<std::string(std::string_view text, const TransferStats&)>;

  // `describe` renders the JSON line; used only in that format.
  OutputSink(Output& output, const Log& log, Describe describe)
      : output_(output), log_(log), describe_(std::move(describe)) {}

  Status Append(std::span<const std::byte> bytes) override;
  Status Commit(const TransferStats& stats) override;

  Spool TakeSpool() { return std::move(spool_); }

 private:
  bool Write(const TransferStats& stats);

  Output& output_;
  const Log& log_;
  Describe describe_;
  Spool spool_;
  std::optional<Output::Turn> turn_;
};

// The JSON line of a message. What is not valid UTF-8 is replaced in it.
std::string DescribeJson(pid_t client, std::string_view protocol, std::string_view text,
                         const TransferStats& stats);

}  // namespace minitalk

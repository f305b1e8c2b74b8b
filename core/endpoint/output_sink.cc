#include "core/endpoint/output_sink.h"

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

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
  return text && turn_->WriteLine(describe_(*text, stats));
}

std::string DescribeJson(pid_t client, std::string_view protocol, std::string_view text,
                         const TransferStats& stats) {
  const nlohmann::ordered_json object = {{"client_pid", client},
                                         {"protocol", protocol},
                                         {"bytes", stats.bytes},
                                         {"seconds", stats.seconds},
                                         {"goodput_bytes_per_second", stats.BytesPerSecond()},
                                         {"retries", stats.retries},
                                         {"text", text}};
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace minitalk

#include "core/wire/session.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "core/wire/bits.h"
#include "core/wire/crc32c.h"
#include "core/wire/stop_and_wait.h"
#include "core/wire/turn.h"

namespace minitalk {
namespace {

using std::chrono::nanoseconds;

// After so many damaged frames in a row, most of them a single byte long, it is hopeless.
constexpr int kMaxDamagedInARow = 64;

// A busy machine loses bits in bursts: before a frame goes out again the sender waits, twice as
// long each time in a row.
constexpr std::chrono::milliseconds kLongestBackoff{32};
nanoseconds Backoff(int damaged_in_a_row) {
  const auto backoff = std::chrono::microseconds(250) * (1 << std::min(damaged_in_a_row, 10));
  return std::min<nanoseconds>(backoff, kLongestBackoff);
}

// How long a frame should be: doubled while frames are quick and good, quartered when damaged. So
// a clean link soon spends nearly nothing on headers, and a lossy one finds the length that gets
// through.
class FrameSizer {
 public:
  std::size_t bytes() const { return bytes_; }

  void OnGood(nanoseconds elapsed) {
    if (elapsed < kQuick) bytes_ = std::min<std::size_t>(bytes_ * 2, kMaxFrameBytes);
    if (elapsed > 4 * kQuick) bytes_ = std::max(bytes_ / 2, kMinBytes);
  }
  void OnDamaged() { bytes_ = std::max(bytes_ / 4, kMinBytes); }

 private:
  static constexpr std::size_t kMinBytes = 1;
  static constexpr std::chrono::milliseconds kQuick{100};
  std::size_t bytes_ = 1024;
};

// By the link's clock, which the simulated world can own.
double SecondsSince(Link& link, nanoseconds start) {
  return std::chrono::duration<double>(link.Now() - start).count();
}

Status SendHeader(Link& link, const MessageHeader& header) {
  if (!SendBytes(link, Encode(header))) return link.status();
  SendOver(link);
  return AwaitVerdict(link);
}

Status SendFrame(Link& link, const ProtocolChoice& choice, std::uint32_t sequence,
                 const Source::Piece& piece) {
  const FrameHeader header{.sequence = sequence,
                           .body_bytes = static_cast<std::uint32_t>(piece.bytes.size()),
                           .last = piece.last,
                           .body_crc = Crc32c(piece.bytes)};
  if (!SendBytes(link, Encode(header))) return link.status();
  SendBody(link, choice, piece.bytes);
  return AwaitVerdict(link);
}

Status SendFrames(Link& link, const ProtocolChoice& choice, Source& source,
                  const Progress& progress, TransferStats* stats) {
  FrameSizer sizer;
  int damaged_in_a_row = 0;
  for (std::uint32_t sequence = 0;;) {
    const Source::Piece piece = source.Peek(sizer.bytes());
    if (piece.failed) return Status::kInputFailed;
    const nanoseconds start = link.Now();
    const Status verdict = SendFrame(link, choice, sequence, piece);
    if (verdict == Status::kDamaged) {
      ++stats->retries;
      if (++damaged_in_a_row > kMaxDamagedInARow) return Status::kGaveUp;
      sizer.OnDamaged();
      link.Pause(Backoff(damaged_in_a_row));
      continue;
    }
    if (verdict != Status::kOk) return verdict;
    damaged_in_a_row = 0;
    ++sequence;
    stats->bytes += piece.bytes.size();
    if (progress) progress(stats->bytes);
    if (piece.last) return Status::kOk;
    source.Consume(piece.bytes.size());
    sizer.OnGood(link.Now() - start);
  }
}

// Receives one frame into `body`. kDamaged: ask for it again. kGarbled: the sides are out of step.
Status ReceiveFrame(Link& link, const ProtocolChoice& choice, std::uint32_t sequence,
                    std::vector<std::byte>* body, bool* last) {
  FrameHeaderBytes bytes{};
  if (!ReceiveBytes(link, bytes)) return Status::kGarbled;
  const std::optional<FrameHeader> header = DecodeFrameHeader(bytes);
  if (!header || header->sequence != sequence) return Status::kGarbled;
  *last = header->last;
  body->assign(header->body_bytes, std::byte{0});
  const std::size_t bits = ReceiveBody(link, choice, *body);
  const bool whole = bits == BitCount(*body) && Crc32c(*body) == header->body_crc;
  return whole ? Status::kOk : Status::kDamaged;
}

// What the receiver says to a frame that arrived whole.
Status Accept(const std::vector<std::byte>& body, bool last, std::uint64_t max_bytes, Sink& sink,
              Reception* reception) {
  TransferStats* stats = &reception->stats;
  if (stats->bytes + body.size() > max_bytes) return Status::kTooLarge;
  if (const Status status = sink.Append(body); status != Status::kOk) return status;
  stats->bytes += body.size();
  const std::uint64_t declared = reception->header.message_bytes;
  if (last && declared != kUnknownLength && declared != stats->bytes) return Status::kGarbled;
  if (!last) return Status::kOk;
  const Status status = sink.Commit(*stats);
  reception->committed = status == Status::kOk;
  return status;
}

Status ReceiveFrames(Link& link, std::uint64_t max_bytes, nanoseconds start, Sink& sink,
                     Reception* reception) {
  std::vector<std::byte> body;
  TransferStats& stats = reception->stats;
  for (std::uint32_t sequence = 0;;) {
    bool last = false;
    Status verdict = ReceiveFrame(link, *reception->choice, sequence, &body, &last);
    if (!link.ok()) return link.status();
    if (verdict == Status::kGarbled) return verdict;
    stats.seconds = SecondsSince(link, start);
    if (verdict == Status::kOk) verdict = Accept(body, last, max_bytes, sink, reception);
    SendVerdict(link, verdict);
    if (verdict == Status::kDamaged) {
      ++stats.retries;
      continue;
    }
    if (verdict != Status::kOk) return verdict;
    if (last) return link.status();
    ++sequence;
  }
}

Status ReceiveWhole(Link& link, ProtocolMenu menu, std::uint64_t max_bytes,
                    const std::function<Status(const MessageHeader&)>& admit, Sink& sink,
                    Reception* reception) {
  MessageHeaderBytes bytes{};
  if (!ReceiveBytes(link, bytes) || !AwaitOver(link)) return link.status();
  const nanoseconds start = link.Now();
  const auto header = DecodeMessageHeader(bytes);
  if (!header) return Status::kGarbled;
  reception->header = *header;
  reception->choice = ChooseProtocol(menu, header->protocol_id, header->protocol_parameter);
  const Status verdict = reception->choice ? admit(*header) : Status::kUnknownProtocol;
  SendVerdict(link, verdict);
  if (verdict != Status::kOk) return verdict;
  return ReceiveFrames(link, max_bytes, start, sink, reception);
}

}  // namespace

Status SendMessage(Link& link, const ProtocolChoice& choice, const MessageHeader& header,
                   Source& source, const Progress& progress, TransferStats* stats) {
  const nanoseconds start = link.Now();
  Status status = SendHeader(link, header);
  if (status == Status::kOk) status = SendFrames(link, choice, source, progress, stats);
  stats->seconds = SecondsSince(link, start);
  return status;
}

Reception ReceiveMessage(Link& link, ProtocolMenu menu, std::uint64_t max_bytes,
                         const std::function<Status(const MessageHeader&)>& admit, Sink& sink) {
  Reception reception;
  reception.status = ReceiveWhole(link, menu, max_bytes, admit, sink, &reception);
  return reception;
}

}  // namespace minitalk

#include "core/wire/session.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "core/wire/bits.h"
#include "core/wire/frame.h"
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

// Sends a frame's header. kOk: the receiver wants the body.
Status SendHeader(Link& link, const FrameHeader& header) {
  const std::vector<std::byte> bytes = Encode(header);
  const std::optional<Signal> answer = SendRounds(link, std::span<const std::byte>(bytes));
  if (!answer) return link.status();
  if (*answer == Signal::kUsr1) return Status::kOk;
  SendOver(link);
  const Status reason = AwaitVerdict(link);
  return reason == Status::kOk ? Status::kGarbled : reason;
}

Status SendFrame(Link& link, const ProtocolChoice& choice, FrameHeader header,
                 std::span<const std::byte> body) {
  header.body_bytes = static_cast<std::uint32_t>(body.size());
  header.crc = FrameCrc(header, body);
  if (const Status status = SendHeader(link, header); status != Status::kOk) return status;
  SendBody(link, choice, body);
  return AwaitVerdict(link);
}

Status SendFrames(Link& link, const ProtocolChoice& choice, const MessageHeader& message,
                  Source& source, const Progress& progress, TransferStats* stats) {
  FrameSizer sizer;
  int damaged_in_a_row = 0;
  for (std::uint32_t sequence = 0;;) {
    const Source::Piece piece = source.Peek(sizer.bytes());
    if (piece.failed) return Status::kInputFailed;
    const nanoseconds start = link.Now();
    const FrameHeader header{.message = sequence == 0 ? std::optional(message) : std::nullopt,
                             .sequence = static_cast<std::uint8_t>(sequence),
                             .last = piece.last};
    const Status verdict = SendFrame(link, choice, header, piece.bytes);
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

// Tells the sender, in the middle of its header, that the body is not wanted.
Status Refuse(Link& link, RoundReader& reader, Status reason) {
  reader.Answer(Signal::kUsr2);
  if (AwaitOver(link)) SendVerdict(link, reason);
  return reason;
}

// The same for a client of version 2, whose first bit has come: it wants each bit of its header
// echoed, and knows no better reason.
Status RefuseVersion2(Link& link, RoundReader& reader) {
  reader.Answer(Signal::kUsr1);
  auto arrival = link.Wait();
  for (; arrival && arrival->lane == Lane::kShared; arrival = link.Wait()) {
    link.Send(arrival->signal, Lane::kShared);
  }
  if (arrival) SendVerdict(link, Status::kUnknownProtocol);
  return Status::kOtherVersion;
}

// kOk, with the last round unanswered, or why there is no header. Only the first one that comes may
// be of another version: what looks so later is damaged.
Status ReceiveHeader(Link& link, RoundReader& reader, bool is_first, FrameHeader* header) {
  const std::optional<unsigned> round = reader.NextRound();
  if (!round) return link.status();
  constexpr unsigned kFirstBit = 4;
  const bool other_version = (*round & kFirstBit) == 0;
  if (other_version) return is_first ? RefuseVersion2(link, reader) : Status::kGarbled;
  const Status status = DecodeFrameHeader([&] { return reader.NextByte(); }, header);
  if (!link.ok()) return link.status();
  if (status != Status::kOtherVersion) return status;
  return is_first ? Refuse(link, reader, status) : Status::kGarbled;
}

// Receives a body and says whether it is whole.
Status ReceiveFrameBody(Link& link, const ProtocolChoice& choice, const FrameHeader& header,
                        std::vector<std::byte>* body) {
  body->assign(header.body_bytes, std::byte{0});
  const std::size_t bits = ReceiveBody(link, choice, *body);
  if (!link.ok()) return link.status();
  const bool whole = bits == BitCount(*body) && FrameCrc(header, *body) == header.crc;
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

// Whether the receiver wants the message that a header opens.
Status Admit(const MessageHeader& message, ProtocolMenu menu,
             const std::function<Status(const MessageHeader&)>& admit, Reception* reception) {
  reception->header = message;
  reception->choice = ChooseProtocol(menu, message.protocol_id, message.protocol_parameter);
  return reception->choice ? admit(message) : Status::kUnknownProtocol;
}

Status ReceiveFrames(Link& link, ProtocolMenu menu, std::uint64_t max_bytes,
                     const std::function<Status(const MessageHeader&)>& admit, Sink& sink,
                     Reception* reception) {
  const nanoseconds start = link.Now();
  std::vector<std::byte> body;
  TransferStats& stats = reception->stats;
  for (std::uint32_t sequence = 0;;) {
    RoundReader reader(link);
    FrameHeader header;
    Status verdict = ReceiveHeader(link, reader, sequence == 0, &header);
    if (verdict != Status::kOk) return verdict;
    if (header.message.has_value() != (sequence == 0)) return Status::kGarbled;
    if (header.sequence != static_cast<std::uint8_t>(sequence)) return Status::kGarbled;
    if (header.message) verdict = Admit(*header.message, menu, admit, reception);
    if (verdict != Status::kOk) return Refuse(link, reader, verdict);
    reader.Answer(Signal::kUsr1);
    verdict = ReceiveFrameBody(link, *reception->choice, header, &body);
    if (!link.ok()) return link.status();
    stats.seconds = SecondsSince(link, start);
    if (verdict == Status::kOk) verdict = Accept(body, header.last, max_bytes, sink, reception);
    SendVerdict(link, verdict);
    if (verdict == Status::kDamaged) {
      ++stats.retries;
      continue;
    }
    if (verdict != Status::kOk) return verdict;
    if (header.last) return link.status();
    ++sequence;
  }
}

}  // namespace

Status SendMessage(Link& link, const ProtocolChoice& choice, const MessageHeader& header,
                   Source& source, const Progress& progress, TransferStats* stats) {
  const nanoseconds start = link.Now();
  const Status status = SendFrames(link, choice, header, source, progress, stats);
  stats->seconds = SecondsSince(link, start);
  return status;
}

Reception ReceiveMessage(Link& link, ProtocolMenu menu, std::uint64_t max_bytes,
                         const std::function<Status(const MessageHeader&)>& admit, Sink& sink) {
  Reception reception;
  reception.status = ReceiveFrames(link, menu, max_bytes, admit, sink, &reception);
  return reception;
}

}  // namespace minitalk

// One message over a link: header, then frames, each with a verdict of its own. Symmetric, so the
// echo is the same code the other way round. A damaged frame is sent again, in smaller pieces, so
// that a protocol that loses bits ends in "delivered whole" or in a clear refusal; nothing reaches
// the sink's Commit() that was not checked.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "core/wire/frame.h"
#include "core/wire/link.h"
#include "core/wire/protocol.h"

namespace minitalk {

// Where a message comes from. Not thread-safe.
class Source {
 public:
  virtual ~Source() = default;
  // The next piece of the message, the same until Consume() is called: at most `want` bytes, and
  // `last` if nothing follows. An empty piece that is not the last means "nothing yet". Valid until
  // the next call.
  struct Piece {
    std::span<const std::byte> bytes;
    bool last = false;
    bool failed = false;
  };
  virtual Piece Peek(std::size_t want) = 0;
  virtual void Consume(std::size_t bytes) = 0;
};

// What a transfer took, as this end counted it.
struct TransferStats {
  std::uint64_t bytes = 0;    // of the message, verified
  std::uint64_t retries = 0;  // frames that arrived damaged and went out again
  double seconds = 0;         // from the header's first bit to the last verdict
  double BytesPerSecond() const { return seconds > 0 ? static_cast<double>(bytes) / seconds : 0; }
};

// Where a message goes to. Append() collects; Commit() hands it on, whole, and only then is the
// message delivered. kOk, or the reason that is reported to the sender.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual Status Append(std::span<const std::byte> bytes) = 0;
  virtual Status Commit(const TransferStats& stats) = 0;
};

// Called after each frame with the bytes that are verified so far.
using Progress = std::function<void(std::uint64_t bytes)>;

// Before the direction changes, the one who has sent says so by SendOver() of turn.h, and the other
// awaits it: the first signal of a header could coalesce with a verdict that is still pending.

// kOk only once the receiver has said that the whole message was committed. Otherwise the
// receiver's reason, kGaveUp, kInputFailed or the link's status.
Status SendMessage(Link& link, const ProtocolChoice& choice, const MessageHeader& header,
                   Source& source, const Progress& progress, TransferStats* stats);

// What came, and what became of it.
struct Reception {
  Status status = Status::kOk;
  MessageHeader header;
  std::optional<ProtocolChoice> choice;  // the header's protocol, once known
  bool committed = false;  // the sink has it, even if that could not be reported to the sender
  TransferStats stats;
};

// `admit` judges the header (length, echo) and may adapt the link to it; its answer is reported to
// the sender. Longer messages than `max_bytes` are refused whatever the header declares.
Reception ReceiveMessage(Link& link, ProtocolMenu menu, std::uint64_t max_bytes,
                         const std::function<Status(const MessageHeader&)>& admit, Sink& sink);

// A message that lies in memory. The bytes must outlive it.
class MemorySource final : public Source {
 public:
  explicit MemorySource(std::span<const std::byte> bytes) : left_(bytes) {}
  Piece Peek(std::size_t want) override {
    const auto piece = left_.first(std::min(want, left_.size()));
    return {piece, piece.size() == left_.size(), false};
  }
  void Consume(std::size_t bytes) override { left_ = left_.subspan(bytes); }

 private:
  std::span<const std::byte> left_;
};

}  // namespace minitalk

// Stop-and-wait, in two sizes; no slot ever holds two signals, so none can coalesce.
//
// A bit is one signal on the shared lane, its acknowledgement the same signal back: the body of the
// protocols `ack` and `rle`, and the reason in a verdict.
//
// A round is three bits: a private USR1 and a private USR2, each only if its bit is 1, then a
// signal on the shared lane whose number is the third. It is acknowledged by a shared USR1: the
// body of the protocol `lanes`, and the header of every frame.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "core/wire/bits.h"
#include "core/wire/link.h"

namespace minitalk {

// Sends one bit and waits for its echo. False: the link failed, or something else came back (the
// link's status says which; a wrong echo is kGarbled).
bool SendBit(Link& link, bool bit);

// Takes one bit and echoes it. Nothing: the link failed or the sender's turn is over.
std::optional<bool> ReceiveBit(Link& link);

// Whole sequences over the above. False: see link.status(). ReceiveBits returns how many came.
bool SendBits(Link& link, Bits bits);
bool SendBytes(Link& link, std::span<const std::byte> bytes);
std::size_t ReceiveBits(Link& link, MutableBits bits);
bool ReceiveBytes(Link& link, std::span<std::byte> bytes);

inline constexpr std::size_t kBitsPerRound = 3;

// Sends rounds, the last filled up with zeros, until one is not answered by USR1. The last answer;
// nothing: the link failed, or something else came back (kGarbled).
std::optional<Signal> SendRounds(Link& link, Bits bits);

// Takes rounds. Each is answered when the next is asked for, or by Answer().
class RoundReader {
 public:
  explicit RoundReader(Link& link) : link_(link) {}

  // Its bits, the first as the highest. Nothing: the link failed.
  std::optional<unsigned> NextRound();
  // The next eight of the bits that no byte has had yet.
  std::optional<std::byte> NextByte();
  // Answers the last round, as if it were the end: what is left of its bits is dropped.
  void Answer(Signal signal);

 private:
  Link& link_;
  unsigned bits_ = 0;
  std::size_t count_ = 0;
  bool unanswered_ = false;
};

}  // namespace minitalk

// Per-bit stop-and-wait: a bit is one signal on the shared lane, its acknowledgement is the same
// signal back. At most one signal is under way in each direction, so none can coalesce. It is the
// bootstrap under every frame header, and the body of the protocols `ack` and `rle`.
#pragma once

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

}  // namespace minitalk

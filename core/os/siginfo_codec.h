// How a payload lies in a siginfo_t, the structure that the kernel carries beside a signal's
// number. Pure functions, thread-safe.
//
// Of its 128 bytes exactly 0..47 travel. kValue is what sigqueue(3) sends: si_code is SI_QUEUE,
// si_pid and si_uid are the sender's claim, the value is the payload. kInfo takes all that is free:
// si_errno, the padding behind si_code and the 32 bytes behind that, 40 bytes in all; and si_code,
// which the sender may choose as long as it is negative, carries the conversation's nonce, the
// lane and a sequence number:
//
//   bit 31    30     29           28..8   7..0
//       1      0     1: private   nonce   sequence
//
// so no code of the kernel's own (-1 to -7, -60) can be mistaken for it.
#pragma once

#include <signal.h>

#include <cstdint>
#include <optional>

#include "core/wire/signal.h"

namespace minitalk {

// A number that the two ends of a conversation share and nobody else knows.
using Nonce = std::uint32_t;
inline constexpr Nonce kNonceMask = (1u << 21) - 1;

// Of the nonce only the bits of the mask count.
siginfo_t EncodePayload(int signal_number, Lane lane, const Payload& payload, Nonce nonce);

// Fills `payload` and says on which lane it came. Nothing: it is no payload of this conversation.
// A kValue has nothing but its claimed origin to show for itself, which must be `sender`.
std::optional<Lane> DecodePayload(const siginfo_t& info, Nonce nonce, pid_t sender,
                                  Payload* payload);

}  // namespace minitalk

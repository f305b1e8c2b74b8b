// Whose turn it is. A conversation is half-duplex: one side talks, on the shared lane, and ends its
// turn with one signal on the private lane; until then the other only acknowledges.
//
//   over (private USR1)    "my turn is over"; from the receiver also: "good"
//   bad  (private USR2)    "not good": a reason byte follows by stop-and-wait, then `over`
//
// A talker sends `over` only after the last acknowledgement, so at every change of turn all slots
// of both sides are empty, and the new talker cannot coalesce with the old one. And because `over`
// is sent after the last bit, a receiver that has seen it knows that all bits which are not pending
// by then are lost: loss is detected without a timer.
#pragma once

#include <cstddef>
#include <span>

#include "core/wire/link.h"
#include "core/wire/protocol.h"

namespace minitalk {

// Sends a body and ends the turn.
void SendBody(Link& link, const ProtocolChoice& choice, std::span<const std::byte> body);

// Receives a body until the talker's turn ends. Returns how many bits arrived; the link's status
// tells whether the turn did end.
std::size_t ReceiveBody(Link& link, const ProtocolChoice& choice, std::span<std::byte> body);

// Ends the talker's turn after bytes sent by stop-and-wait. / Waits for that.
void SendOver(Link& link);
bool AwaitOver(Link& link);

// The receiver's verdict on what it got: kOk, or why not. It gives the turn back.
void SendVerdict(Link& link, Status verdict);

// Waits for it. The link's own failure is returned in its place.
Status AwaitVerdict(Link& link);

}  // namespace minitalk

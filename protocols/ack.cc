// One signal a bit. The receiver echoes the same signal; the sender waits for it.
//
//     byte 0x69 = 0 1 1 0 1 0 0 1
//
//     sender     0    1    1    0    1    0    0    1
//                | \ /| \ /| \ /| \ /| \ /| \ /| \ /| \     time ->
//     receiver      0    1    1    0    1    0    0    1
//
//     USR1 ->, <- USR1, USR2 ->, <- USR2, USR2 ->, <- USR2, USR1 ->, <- USR1, ...
//
// *Theory.* At most one signal is under way in each direction, so none can coalesce and none can be
// overtaken: nothing is lost, and the wire carries exactly 16 signals a byte. One bit a round, so
// the goodput is 1 / (8 x round trip); a wrong echo would show that somebody else is talking.
#include "core/wire/protocol.h"
#include "core/wire/stop_and_wait.h"

namespace minitalk {
namespace {

class Ack final : public Protocol {
 public:
  void Send(Link& link, Bits bits) const override { SendBits(link, bits); }

  std::size_t Receive(Link& link, MutableBits bits) const override {
    return ReceiveBits(link, bits);
  }
};

}  // namespace

extern const ProtocolInfo kAck;
constinit const ProtocolInfo kAck{
    .id = 1,
    .name = "ack",
    .summary = "one signal a bit, each acknowledged",
    .loss_free = true,
    .rounds = {.sets = kOneShared},
    .make = Make<Ack>,
};

}  // namespace minitalk

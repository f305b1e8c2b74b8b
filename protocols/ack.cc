// `ack`: one signal a bit, each echoed by the receiver before the next one goes out. One bit a
// round trip, and never more than one signal in a slot: nothing can coalesce.
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
    .bits_per_round_max = 1,
    .bits_per_round_random = 1,
    .make = Make<Ack>,
};

}  // namespace minitalk

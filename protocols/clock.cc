// `clock`: USR1 is the data line, USR2 the clock. A 1 raises USR1 before the clock ticks, a 0 only
// ticks; the receiver acknowledges the tick. Of one pending set the kernel hands out the lower
// number first, so the data is always seen before its tick, in whatever state the receiver was.
#include "core/wire/protocol.h"

namespace minitalk {
namespace {

constexpr Signal kData = Signal::kUsr1;
constexpr Signal kTick = Signal::kUsr2;
constexpr Signal kReply = Signal::kUsr1;

class Clock final : public Protocol {
 public:
  void Send(Link& link, Bits bits) const override {
    for (std::size_t i = 0; i < bits.size(); ++i) {
      if (bits[i]) link.Send(kData, Lane::kShared);
      link.Send(kTick, Lane::kShared);
      const auto reply = link.Wait();
      if (!reply) return;
      if (reply->signal != kReply) return link.Fail(Status::kGarbled);
    }
  }

  std::size_t Receive(Link& link, MutableBits bits) const override {
    for (std::size_t i = 0; i < bits.size(); ++i) {
      auto arrival = link.Wait();
      const bool bit = arrival && arrival->signal == kData;
      if (bit) arrival = link.Wait();
      if (!arrival || arrival->signal != kTick) return i;
      bits.Set(i, bit);
      link.Send(kReply, Lane::kShared);
    }
    return bits.size();
  }
};

}  // namespace

extern const ProtocolInfo kClock;
constinit const ProtocolInfo kClock{
    .id = 2,
    .name = "clock",
    .summary = "USR1 is data, USR2 the clock; each tick acknowledged",
    .loss_free = true,
    .bits_per_round_max = 1,
    .bits_per_round_random = 1,
    .make = Make<Clock>,
};

}  // namespace minitalk

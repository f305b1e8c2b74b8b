// USR1 is the data line, USR2 the clock. A 1 is "USR1, then USR2", a 0 is "USR2" alone. The
// receiver answers each tick with USR1.
//
//     byte 0x69 = 0 1 1 0 1 0 0 1
//
//     sender  data   .  ^  ^  .  ^  .  .  ^          USR1
//             tick   ^  ^  ^  ^  ^  ^  ^  ^          USR2
//     receiver       a  a  a  a  a  a  a  a          USR1 back
//
// *Theory.* "USR1 then USR2" needs no answer in between, because 10 is less than 12: if both are
// pending the receiver gets the data first; if only the data is there it waits for the tick. Sent
// the other way round, or received by handlers with an empty `sa_mask` (which nest: of one lane the
// higher number runs first), it would be wrong. 1 bit a round; 1.5 signals a random bit and one
// answer; 12 + 8 = 20 signals for a random byte, 16 for a zero byte.
#include "core/wire/protocol.h"

namespace minitalk {
namespace {

constexpr Signal kData = Signal::kUsr1;
constexpr Signal kTick = Signal::kUsr2;
constexpr Signal kReply = Signal::kUsr1;
constexpr SlotSet kTicks[] = {kSharedUsr2, kSharedUsr1 | kSharedUsr2};

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
    .rounds = {.sets = kTicks},
    .make = Make<Clock>,
};

}  // namespace minitalk

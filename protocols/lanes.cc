// `lanes`: three bits a round. The private USR1 and USR2 are two data lines, raised for a 1; then
// one signal on the shared lane is the clock, and which of the two it is makes the third bit. The
// kernel empties the private set before the shared one, so the data is always seen before its
// clock, in whatever state the receiver was.
#include "core/wire/protocol.h"

namespace minitalk {
namespace {

constexpr std::size_t kBitsPerRound = 3;
constexpr Arrival kReply{Signal::kUsr1, Lane::kShared};

class Lanes final : public Protocol {
 public:
  void Send(Link& link, Bits bits) const override {
    const std::size_t count = bits.size();
    const auto bit = [&](std::size_t i) { return i < count && bits[i]; };
    for (std::size_t i = 0; i < count; i += kBitsPerRound) {
      if (bit(i)) link.Send(Signal::kUsr1, Lane::kPrivate);
      if (bit(i + 1)) link.Send(Signal::kUsr2, Lane::kPrivate);
      link.Send(SignalFor(bit(i + 2)), Lane::kShared);
      const auto reply = link.Wait();
      if (!reply) return;
      if (*reply != kReply) return link.Fail(Status::kGarbled);
    }
  }

  std::size_t Receive(Link& link, MutableBits bits) const override {
    const std::size_t count = bits.size();
    for (std::size_t i = 0; i < count; i += kBitsPerRound) {
      bool line[2] = {false, false};
      auto arrival = link.Wait();
      for (; arrival && arrival->lane == Lane::kPrivate; arrival = link.Wait()) {
        line[BitOf(arrival->signal)] = true;
      }
      if (!arrival) return i;
      const bool round[kBitsPerRound] = {line[0], line[1], BitOf(arrival->signal)};
      for (std::size_t k = 0; k < kBitsPerRound && i + k < count; ++k) bits.Set(i + k, round[k]);
      link.Send(kReply.signal, kReply.lane);
    }
    return count;
  }
};

}  // namespace

extern const ProtocolInfo kLanes;
constinit const ProtocolInfo kLanes{
    .id = 5,
    .name = "lanes",
    .summary = "two private data lines and a shared clock that is a third; each tick acknowledged",
    .loss_free = true,
    .private_lane = true,
    .bits_per_round_max = 3,
    .bits_per_round_random = 3,
    .make = Make<Lanes>,
};

}  // namespace minitalk

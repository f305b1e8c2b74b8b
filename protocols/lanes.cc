// Three bits a round. The private USR1 and USR2 are data lines, raised for a 1; then a signal of
// the shared lane is the clock, and its number is the third bit. The receiver answers each clock
// with a shared USR1.
//
//     byte 0x69 = 0 1 1 | 0 1 0 | 0 1 (0)
//
//     private USR1   .        .        .
//     private USR2   ^        ^        ^
//     shared         USR2     USR1     USR1       the clock, sent last
//     answer         a        a        a
//
// *Theory.* The kernel empties the private set before the shared one. If the clock is pending, so
// is all that was sent before it, and it is handed out first; if it is not, the receiver waits. No
// slot holds more than one signal. 3 bits a round; on random bits one data line is raised in the
// mean, so 2 signals there and 1 back. Why not more: a data line is worth a bit because its silence
// means something, and only a signal that always comes, and last, can make it so; that takes both
// shared slots, of which a round fills one. [runs.cc](runs.cc) does without a clock and without
// silence: it reads the order.
#include "core/wire/protocol.h"
#include "core/wire/stop_and_wait.h"

namespace minitalk {
namespace {

class Lanes final : public Protocol {
 public:
  void Send(Link& link, Bits bits) const override {
    if (SendRounds(link, bits) == Signal::kUsr2) link.Fail(Status::kGarbled);
  }

  std::size_t Receive(Link& link, MutableBits bits) const override {
    RoundReader reader(link);
    for (std::size_t i = 0; i < bits.size(); i += kBitsPerRound) {
      const std::optional<unsigned> round = reader.NextRound();
      if (!round) return i;
      for (std::size_t k = 0; k < kBitsPerRound && i + k < bits.size(); ++k) {
        bits.Set(i + k, (*round << k & 4) != 0);
      }
    }
    if (bits.size() > 0) reader.Answer(Signal::kUsr1);
    return bits.size();
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
    .rounds = {.sets = kLinesAndClock},
    .make = Make<Lanes>,
};

}  // namespace minitalk

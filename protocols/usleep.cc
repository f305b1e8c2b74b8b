// One signal a bit and a pause of `usleep:N` microseconds (default 100) after each. No answer.
//
//     byte 0x69, the receiver late at the third bit:
//
//     sender     0 ....... 1 ....... 1 ....... 0 ....... 1 ...
//     receiver   0         1                   0         1        the third bit coalesced: lost
//
// *Theory.* 1 / (8 x (N us + the cost of a send)) at best. A bit is lost when the next signal of
// its number comes before it is taken; two bits swap when "USR2, USR1" are both pending. So it is
// right exactly as long as the receiver is never kept from its CPU for longer than the pause, which
// no kernel promises: longer pauses make it rarer, never impossible. Received bits are a
// subsequence at best, so a single loss makes every later byte of a frame wrong. The session finds
// out (the turn ends with bits missing, or the checksum is wrong) and sends the frame again in
// smaller pieces.
#include <chrono>

#include "core/wire/protocol.h"

namespace minitalk {
namespace {

class Usleep final : public Protocol {
 public:
  explicit Usleep(std::uint32_t pause_us) : pause_(std::chrono::microseconds(pause_us)) {}

  void Send(Link& link, Bits bits) const override {
    for (std::size_t i = 0; i < bits.size() && link.ok(); ++i) {
      link.Send(SignalFor(bits[i]), Lane::kShared);
      link.Pause(pause_);
    }
  }

  std::size_t Receive(Link& link, MutableBits bits) const override {
    for (std::size_t i = 0; i < bits.size(); ++i) {
      const auto arrival = link.Wait();
      if (!arrival) return i;
      bits.Set(i, BitOf(arrival->signal));
    }
    return bits.size();
  }

 private:
  std::chrono::nanoseconds pause_;
};

constexpr std::uint32_t kSweep[] = {0, 1, 2, 5, 10, 20, 50, 100, 200};

}  // namespace

extern const ProtocolInfo kUsleep;
constinit const ProtocolInfo kUsleep{
    .id = 4,
    .name = "usleep",
    .summary = "one signal a bit and a pause, no acknowledgement; loses bits",
    .loss_free = false,
    .parameter_unit = "microseconds",
    .default_parameter = 100,
    .sweep = kSweep,
    .make = Make<Usleep>,
};

}  // namespace minitalk

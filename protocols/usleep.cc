// `usleep`: one signal a bit and a fixed pause after it, in the hope that the receiver has taken it
// by then. No acknowledgement: where the hope fails, signals coalesce or swap, and bits are lost.
// It is here because it is what everybody writes first.
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

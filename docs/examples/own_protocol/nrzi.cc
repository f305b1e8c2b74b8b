// `nrzi`, after the line code of tapes and USB (non-return-to-zero, inverted): a signal does not
// say the bit, but whether the bit differs from the one before. Each signal is echoed, as `ack`
// does it, so none can coalesce.
#include "core/wire/protocol.h"
#include "core/wire/stop_and_wait.h"

namespace {

using namespace minitalk;

class Nrzi final : public Protocol {
 public:
  void Send(Link& link, Bits bits) const override {
    bool last = false;
    for (std::size_t i = 0; i < bits.size(); ++i) {
      if (!SendBit(link, bits[i] != last)) return;
      last = bits[i];
    }
  }

  std::size_t Receive(Link& link, MutableBits bits) const override {
    bool last = false;
    for (std::size_t i = 0; i < bits.size(); ++i) {
      const auto changed = ReceiveBit(link);
      if (!changed) return i;
      last ^= *changed;
      bits.Set(i, last);
    }
    return bits.size();
  }
};

}  // namespace

extern const ProtocolInfo kNrzi;
constinit const ProtocolInfo kNrzi{
    .id = 128,  // the first number that is free for protocols outside of minitalk
    .name = "nrzi",
    .summary = "one signal a bit, which says whether it differs from the last one",
    .loss_free = true,
    .rounds = {.sets = kOneShared},
    .make = Make<Nrzi>,
};

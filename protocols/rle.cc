// `rle`: the bits as lengths of runs, each length in the Elias gamma code over acknowledged
// signals. A run of n equal bits costs 2 log2(n) + 1 signals: nearly nothing on zeros, an eighth
// more than `ack` on noise.
#include <bit>

#include "core/wire/protocol.h"
#include "core/wire/stop_and_wait.h"

namespace minitalk {
namespace {

// Elias gamma: as many zeros as n has bits after its first, then n itself. REQUIRES: n > 0.
bool SendGamma(Link& link, std::size_t n) {
  const int width = static_cast<int>(std::bit_width(n));
  for (int i = 1; i < width; ++i) {
    if (!SendBit(link, false)) return false;
  }
  for (int i = width - 1; i >= 0; --i) {
    if (!SendBit(link, (n >> i & 1) != 0)) return false;
  }
  return true;
}

// 0: the link failed, or the number is larger than `most`, which no sender says.
std::size_t ReceiveGamma(Link& link, std::size_t most) {
  int zeros = 0;
  for (std::optional<bool> bit; (bit = ReceiveBit(link)) != true; ++zeros) {
    if (!bit || zeros > static_cast<int>(std::bit_width(most))) return 0;
  }
  std::size_t n = 1;
  for (; zeros > 0; --zeros) {
    const auto bit = ReceiveBit(link);
    if (!bit) return 0;
    n = n << 1 | (*bit ? 1u : 0u);
  }
  return n <= most ? n : 0;
}

class Rle final : public Protocol {
 public:
  void Send(Link& link, Bits bits) const override {
    const std::size_t count = bits.size();
    if (count == 0 || !SendBit(link, bits[0])) return;
    for (std::size_t start = 0; start < count;) {
      std::size_t end = start + 1;
      while (end < count && bits[end] == bits[start]) ++end;
      if (!SendGamma(link, end - start)) return;
      start = end;
    }
  }

  std::size_t Receive(Link& link, MutableBits bits) const override {
    const std::size_t count = bits.size();
    if (count == 0) return 0;
    auto bit = ReceiveBit(link);
    if (!bit) return 0;
    for (std::size_t at = 0; at < count; bit = !*bit) {
      const std::size_t run = ReceiveGamma(link, count - at);
      if (run == 0) return at;
      for (const std::size_t end = at + run; at < end; ++at) bits.Set(at, *bit);
    }
    return count;
  }
};

}  // namespace

extern const ProtocolInfo kRle;
constinit const ProtocolInfo kRle{
    .id = 3,
    .name = "rle",
    .summary = "lengths of runs of equal bits, each signal acknowledged",
    .loss_free = true,
    .bits_per_round_random = 2 / 2.2656,  // mean run 2 bits; its gamma code (README.md)
    .make = Make<Rle>,
};

}  // namespace minitalk

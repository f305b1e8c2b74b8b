// The first bit, then the lengths of the alternating runs, each in the Elias gamma code (as many
// zeros as the length has binary digits after its first, then those digits), all of it over `ack`'s
// acknowledged bits.
//
//     byte 0xE0 = 1 1 1 0 0 0 0 0     runs: three 1, five 0
//
//     first bit    length 3    length 5
//         1        0 11        00 101          9 acknowledged bits for 8
//     two bytes of zeros: 0, then 16 = 0000 1 0000: 10 for 16
//
// *Theory.* A run of n bits costs 2 floor(log2 n) + 1 rounds. On random bits a run has 2 bits in
// the mean and its code 1 + 2 (2^-1 + 2^-3 + 2^-7 + ...) = 2.266, so 0.883 bits a round: an eighth
// slower than `ack`. 4,096 zero bytes are a single run: 1 + 31 rounds for 32,768 bits. English text
// has runs of about 1.9 bits: 0.86 bits a round. So: zeros and bitmaps yes, text and noise no.
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

// Of random bits: a run has 2 in the mean, and its code one bit and two for each k >= 1 for which
// it has at least 2^k.
constexpr double CodeRate() {
  double code = 1;
  for (int k = 1; k < 6; ++k) code += 4.0 / static_cast<double>(std::uint64_t{1} << (1 << k));
  return 2 / code;
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
    .rounds = {.sets = kOneShared, .code_rate = CodeRate()},
    .make = Make<Rle>,
};

}  // namespace minitalk

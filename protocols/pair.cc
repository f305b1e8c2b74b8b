// As `ack`, but a 1 that follows a 0 goes out without waiting: of two pending signals the lower
// number is taken first, so "USR1 then USR2" cannot be turned round; "USR2 then USR1" could. A
// round is `0`, `1` or `01`.
//
//     0 1 1 0 0 1      rounds: 01, 1, 0, 01
//
//     sender     0 1   1   0   0 1
//                |/    |   |   |/
//     receiver   . 1   1   0   . 1        one answer where both were taken together,
//                                         else "0" and "1", one after the other
//
// The answer is the last signal that was taken: USR2 for `01` if the receiver found both, or USR1
// and then USR2 if it came between them. The two use different slots, so both may be under way.
//
// *Theory.* Let f(n) be the number of bit sequences that n rounds can carry. A round `0` is never
// followed by a round `1` (they would have been one round), so counting by the last round gives
// f(n + 1) = 3 f(n) - f(n - 1), whose growth is (3 + sqrt 5)/2 = 2.618 a round: at most
// log2 2.618 = **1.388 bits a round** for a source that chooses its bits well, and 4/3 = 1.333 for
// random ones, of which a quarter of the places begin an `01`.
//
// Real bytes are neither. So they are XORed with one of four masks, the one with the most `01`,
// whose number goes ahead as two bits: 00 for noise, 35 for English (the three high bits of letters
// are 011), 55 for constant bytes, 33 for what remains. Zeros and ones become 0101..., two bits a
// round, above the bound because they are no random source. Counted on 4,096 bytes: text 1.47,
// random 1.33, zeros and ones 2.00 (tests/protocols_test.cc holds them to it).
//
// A cleverer code for random bits could gain 4 % at the very most (1.388 / 1.333); it would make
// every lost step fatal to the rest of the body, and was not built.
#include <algorithm>
#include <array>
#include <bit>

#include "core/wire/protocol.h"
#include "core/wire/stop_and_wait.h"

namespace minitalk {
namespace {

// For noise; for text, whose bytes begin with 011 or 001; for constants; for what remains.
constexpr auto kSets = AllSets<2>(kSharedUsr1);

constexpr std::array<std::uint8_t, 4> kMasks{0x00, 0x35, 0x55, 0x33};

// The bits as they travel: each byte XORed with the mask.
class Masked {
 public:
  Masked(Bits bits, std::uint8_t mask) : bits_(bits), mask_(mask) {}
  std::size_t size() const { return bits_.size(); }
  bool operator[](std::size_t i) const { return bits_[i] != MaskAt(mask_, i); }
  static bool MaskAt(std::uint8_t mask, std::size_t i) {
    return (mask << (i % kBitsPerByte) & 0x80) != 0;
  }

 private:
  Bits bits_;
  std::uint8_t mask_;
};

// How often a 1 follows a 0: so many rounds are saved.
std::size_t CountPairs(Bits bits, std::uint8_t mask) {
  std::size_t pairs = 0;
  unsigned before = 1;  // nothing comes before the first bit
  for (const std::byte byte : bits.bytes()) {
    before = before << kBitsPerByte | (std::to_integer<unsigned>(byte) ^ mask);
    pairs += static_cast<unsigned>(std::popcount(before & ~(before >> 1) & 0xff));
  }
  return pairs;
}

// The number of the mask under which the body needs the fewest rounds.
std::size_t BestMask(Bits bits) {
  std::array<std::size_t, kMasks.size()> pairs{};
  std::ranges::transform(kMasks, pairs.begin(),
                         [&](std::uint8_t mask) { return CountPairs(bits, mask); });
  return static_cast<std::size_t>(std::ranges::max_element(pairs) - pairs.begin());
}

// The answer to 01 is USR2 if both were taken together, else one for each.
bool SendPair(Link& link) {
  link.Send(Signal::kUsr1, Lane::kShared);
  link.Send(Signal::kUsr2, Lane::kShared);
  auto reply = link.Wait();
  if (reply && reply->signal == Signal::kUsr1) reply = link.Wait();
  if (!reply) return false;
  if (reply->signal != Signal::kUsr2) link.Fail(Status::kGarbled);
  return link.ok();
}

class Pair final : public Protocol {
 public:
  void Send(Link& link, Bits bits) const override {
    if (bits.size() == 0) return;
    const std::size_t choice = BestMask(bits);
    if (!SendBit(link, (choice & 2) != 0) || !SendBit(link, (choice & 1) != 0)) return;
    const Masked masked(bits, kMasks[choice]);
    for (std::size_t i = 0; i < masked.size();) {
      const bool bit = masked[i++];
      const bool pair = !bit && i < masked.size() && masked[i];
      if (pair ? !SendPair(link) : !SendBit(link, bit)) return;
      i += pair ? 1 : 0;
    }
  }

  std::size_t Receive(Link& link, MutableBits bits) const override {
    if (bits.size() == 0) return 0;
    const auto high = ReceiveBit(link);
    const auto low = high ? ReceiveBit(link) : std::nullopt;
    if (!low) return 0;
    return ReceiveMasked(link, bits, kMasks[(*high ? 2 : 0) + (*low ? 1 : 0)]);
  }

 private:
  static std::size_t ReceiveMasked(Link& link, MutableBits bits, std::uint8_t mask) {
    const std::size_t count = bits.size();
    const auto put = [&](std::size_t i, bool bit) { bits.Set(i, bit != Masked::MaskAt(mask, i)); };
    for (std::size_t i = 0; i < count;) {
      auto arrival = link.Wait();
      if (!arrival) return i;
      put(i++, BitOf(arrival->signal));
      if (arrival->signal == Signal::kUsr1 && i < count) {
        if (const auto second = link.WaitFor(std::chrono::nanoseconds(0))) {
          if (second->signal != Signal::kUsr2) link.Fail(Status::kGarbled);
          put(i++, true);
          arrival = second;
        }
      }
      link.Send(arrival->signal, Lane::kShared);
    }
    return count;
  }
};

}  // namespace

extern const ProtocolInfo kPair;
constinit const ProtocolInfo kPair{
    .id = 6,
    .name = "pair",
    .summary = "\"USR1 then USR2\" goes out without waiting; else one signal a bit, acknowledged",
    .loss_free = true,
    .rounds = {.sets = kSets, .increasing = true},
    .make = Make<Pair>,
};

}  // namespace minitalk

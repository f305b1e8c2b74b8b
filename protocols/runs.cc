// The four slots, in the order in which the kernel empties them, are an alphabet of four symbols of
// two bits: 0 private USR1, 1 private USR2, 2 shared USR1, 3 shared USR2. Symbols go out without
// waiting while each is greater than the one before; else the sender waits first, until the last
// one is echoed in its own slot. So a round is a strictly increasing run.
//
//     byte 0x6c = 1 2 3 0      rounds: 123, 0
//
//     sender     1 2 3   0
//                | | |   |
//     receiver   . . 3   0        one echo where all three were taken together
//
// The receiver takes what is pending, then echoes the last symbol; after a 3, or the body's last
// symbol, at once. If it comes between two symbols it echoes more than once. These echoes increase
// as the symbols do, so none coalesces, and the sender passes over all but the last symbol's.
//
// *Theory.* Within a round no slot is used twice, and what is sent later lies in a later slot, so
// symbols are taken in the order of sending. The echo of a round's last symbol is the last one of
// the round: once the sender has it, all slots of both sides are empty. A round is a set of slots,
// and one that ends below the next one's beginning would have been one with it. So n rounds carry
// 13.80^n sequences, which is **3.787 bits a round**; on random bits three of eight symbols follow
// a smaller one: 2 / (1 - 3/8) = 3.2. Were every round to hold any of the 15 sets, it would be
// 3.907: the rest is the price of not knowing when a round ends.
//
// Real bytes are not random: each is XORed with the mask under which the body has the fewest
// rounds, and the mask goes ahead in four symbols. Constant bytes become 0123, eight bits a round.
#include <algorithm>
#include <array>

#include "core/wire/protocol.h"

namespace minitalk {
namespace {

using Symbol = unsigned;  // 0 to 3

constexpr Symbol kHighest = 3;
constexpr auto kSets = AllSets<4>(kPrivateUsr1);
constexpr std::size_t kBitsPerSymbol = 2;
constexpr std::size_t kSymbolsPerByte = kBitsPerByte / kBitsPerSymbol;

constexpr Arrival SlotOf(Symbol symbol) {
  return {SignalFor((symbol & 1) != 0), symbol < 2 ? Lane::kPrivate : Lane::kShared};
}
constexpr Symbol SymbolIn(const Arrival& slot) {
  return (slot.lane == Lane::kShared ? 2u : 0u) + (BitOf(slot.signal) ? 1u : 0u);
}

constexpr std::size_t SymbolCount(std::size_t bits) {
  return (bits + kBitsPerSymbol - 1) / kBitsPerSymbol;
}

constexpr Symbol MaskAt(unsigned mask, std::size_t i) {
  return mask >> (kBitsPerByte - kBitsPerSymbol * (i % kSymbolsPerByte + 1)) & kHighest;
}

// A byte of zeros and the body: under the mask, the first byte is the mask. Behind the body's last
// bit there are zeros.
class Plain {
 public:
  explicit Plain(Bits bits) : bits_(bits) {}
  std::size_t size() const { return kSymbolsPerByte + SymbolCount(bits_.size()); }
  Symbol operator[](std::size_t i) const {
    if (i < kSymbolsPerByte) return 0;
    const std::size_t at = kBitsPerSymbol * (i - kSymbolsPerByte);
    return (bits_[at] ? 2u : 0u) + (at + 1 < bits_.size() && bits_[at + 1] ? 1u : 0u);
  }

 private:
  Bits bits_;
};

// The mask under which most symbols follow a smaller one: so many rounds are saved.
unsigned BestMask(const Plain& plain) {
  constexpr std::size_t kTwo = 16;  // two neighbours as one number of four bits
  std::array<std::array<std::size_t, kTwo>, kSymbolsPerByte> count{};  // by place in the byte
  for (std::size_t i = 0; i + 1 < plain.size(); ++i) {
    ++count[i % kSymbolsPerByte][plain[i] << kBitsPerSymbol | plain[i + 1]];
  }
  const auto saved = [&](std::size_t place, unsigned mask) {
    std::size_t sum = 0;
    for (unsigned two = 0; two < kTwo; ++two) {
      const unsigned masked = two ^ mask;
      if (masked >> kBitsPerSymbol < (masked & kHighest)) sum += count[place][two];
    }
    return sum;
  };
  std::array<std::size_t, 256> total{};
  for (unsigned mask = 0; mask < total.size(); ++mask) {
    for (std::size_t place = 0; place < kSymbolsPerByte; ++place) {
      total[mask] += saved(place, MaskAt(mask, place) << kBitsPerSymbol | MaskAt(mask, place + 1));
    }
  }
  return static_cast<unsigned>(std::ranges::max_element(total) - total.begin());
}

class Sender {
 public:
  explicit Sender(Link& link) : link_(link) {}

  bool Send(Symbol symbol) {
    if (round_ >> symbol != 0 && !Finish()) return false;
    round_ |= 1u << symbol;
    const Arrival slot = SlotOf(symbol);
    link_.Send(slot.signal, slot.lane);
    return true;
  }

  // Until the last symbol is echoed. REQUIRES: there is one.
  bool Finish() {
    while (const auto echo = link_.Wait()) {
      const unsigned from_here = round_ >> SymbolIn(*echo);
      if ((from_here & 1) == 0) {
        link_.Fail(Status::kGarbled);
        return false;
      }
      if (from_here == 1) {
        round_ = 0;
        return true;
      }
    }
    return false;
  }

 private:
  Link& link_;
  unsigned round_ = 0;  // a bit for each symbol of this round
};

class Receiver {
 public:
  explicit Receiver(Link& link) : link_(link) {}

  // `ends`: nothing follows, whatever the symbol is.
  std::optional<Symbol> Take(bool ends) {
    auto arrival = owed_ != kNone ? link_.WaitFor(std::chrono::nanoseconds(0)) : std::nullopt;
    if (!arrival) {
      Echo();
      arrival = link_.Wait();
    }
    if (!arrival) return std::nullopt;
    const Symbol symbol = SymbolIn(*arrival);
    if (owed_ != kNone && symbol <= owed_) link_.Fail(Status::kGarbled);
    owed_ = symbol;
    if (ends || symbol == kHighest) Echo();
    return symbol;
  }

 private:
  void Echo() {
    if (owed_ == kNone) return;
    const Arrival slot = SlotOf(owed_);
    link_.Send(slot.signal, slot.lane);
    owed_ = kNone;
  }

  Link& link_;
  static constexpr Symbol kNone = kHighest + 1;
  Symbol owed_ = kNone;  // the last that was taken, not yet echoed
};

class Runs final : public Protocol {
 public:
  void Send(Link& link, Bits bits) const override {
    if (bits.size() == 0) return;
    const Plain plain(bits);
    const unsigned mask = BestMask(plain);
    Sender sender(link);
    for (std::size_t i = 0; i < plain.size(); ++i) {
      if (!sender.Send(plain[i] ^ MaskAt(mask, i))) return;
    }
    sender.Finish();
  }

  std::size_t Receive(Link& link, MutableBits bits) const override {
    if (bits.size() == 0) return 0;
    Receiver receiver(link);
    unsigned mask = 0;
    for (std::size_t i = 0; i < kSymbolsPerByte; ++i) {
      const auto symbol = receiver.Take(false);
      if (!symbol) return 0;
      mask = mask << kBitsPerSymbol | *symbol;
    }
    for (std::size_t at = 0; at < bits.size(); at += kBitsPerSymbol) {
      const auto symbol = receiver.Take(at + kBitsPerSymbol >= bits.size());
      if (!symbol) return at;
      const Symbol plain = *symbol ^ MaskAt(mask, at / kBitsPerSymbol);
      bits.Set(at, (plain & 2) != 0);
      if (at + 1 < bits.size()) bits.Set(at + 1, (plain & 1) != 0);
    }
    return bits.size();
  }
};

}  // namespace

extern const ProtocolInfo kRuns;
constinit const ProtocolInfo kRuns{
    .id = 10,
    .name = "runs",
    .summary = "the four slots as symbols of two bits; an increasing run of them goes out at once",
    .loss_free = true,
    .private_lane = true,
    .rounds = {.sets = kSets, .increasing = true},
    .make = Make<Runs>,
};

}  // namespace minitalk

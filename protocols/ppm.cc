// Research. `lanes`, and in addition the moment of the clock carries two bits. Both processes read
// the same CLOCK_MONOTONIC; its time is cut into frames of four slots, and the sender sends in the
// slot that the two bits (in Gray code) name. How long a signal is on its way is learned from 36
// rounds of known content at the start of each body, one figure for each state of the data lines,
// and followed from then on. `ppm:N` has slots of N nanoseconds.
//
//     time mod 4N   |slot 0|slot 1|slot 2|slot 3|slot 0 ...
//     sender              . . . . ^                        waits for slot 2, sends the clock
//     receiver                        ^ - way = slot 2
//
// *Theory.* 5 bits a round, but the round is longer by the wait for the slot, 2N in the mean, so it
// can beat `lanes` only if 5/(r + 2N) > 3/r: with a round r of 2.8 us, N < 930 ns. A receiver that
// polls every 0.2 us sees the moment with that much blur, plus whatever a lock, a timer tick or the
// hypervisor adds. What came out is in
// [docs/performance.md](../docs/performance.md#the-timing-channel).
#include <algorithm>
#include <array>
#include <cmath>

#include "core/wire/protocol.h"

namespace minitalk {
namespace {

using std::chrono::nanoseconds;

constexpr std::size_t kLineStates = 4;
constexpr std::size_t kSlots = 4;
constexpr std::size_t kBitsPerRound = 5;
constexpr std::size_t kTrainingRounds = 9;  // of each state; odd, for the median
constexpr double kFollow = 1.0 / 16;        // the weight of a new figure against the old ones
constexpr Arrival kReply{Signal::kUsr1, Lane::kShared};

// What a round says.
struct Symbol {
  std::size_t lines = 0;  // bit 0: private USR1 is raised, bit 1: private USR2
  bool clock = false;     // which of the two shared signals it is
  std::size_t slot = 0;   // when it comes
};

// Neighbouring slots differ in one bit, so the commonest error costs one. Its own inverse.
constexpr std::size_t Gray(std::size_t slot) { return slot ^ (slot >> 1); }
static_assert(Gray(Gray(1)) == 1 && Gray(Gray(2)) == 2 && Gray(Gray(3)) == 3);

Symbol SymbolAt(Bits bits, std::size_t i) {
  const auto bit = [&](std::size_t k) -> std::size_t {
    return i + k < bits.size() && bits[i + k] ? 1 : 0;
  };
  return {bit(0) + 2 * bit(1), bit(2) != 0, Gray(2 * bit(3) + bit(4))};
}

void PutSymbol(MutableBits bits, std::size_t i, const Symbol& symbol) {
  const std::size_t moment = Gray(symbol.slot);
  const std::array<bool, kBitsPerRound> round{(symbol.lines & 1) != 0, (symbol.lines & 2) != 0,
                                              symbol.clock, (moment & 2) != 0, (moment & 1) != 0};
  for (std::size_t k = 0; k < kBitsPerRound && i + k < bits.size(); ++k) {
    bits.Set(i + k, round[k]);
  }
}

class Ppm final : public Protocol {
 public:
  explicit Ppm(std::uint32_t slot_ns) : slot_(std::max(slot_ns, 1u)) {}

  void Send(Link& link, Bits bits) const override {
    if (bits.size() == 0) return;
    for (std::size_t n = 0; n < kTrainingRounds * kLineStates; ++n) {
      if (!SendRound(link, {.lines = n / kTrainingRounds})) return;
    }
    for (std::size_t i = 0; i < bits.size(); i += kBitsPerRound) {
      if (!SendRound(link, SymbolAt(bits, i))) return;
    }
  }

  std::size_t Receive(Link& link, MutableBits bits) const override {
    if (bits.size() == 0) return 0;
    Receiver receiver(link, slot_);
    if (!receiver.Train()) return 0;
    for (std::size_t i = 0; i < bits.size(); i += kBitsPerRound) {
      const auto symbol = receiver.Next();
      if (!symbol) return i;
      PutSymbol(bits, i, *symbol);
    }
    return bits.size();
  }

 private:
  class Receiver {
   public:
    Receiver(Link& link, nanoseconds slot)
        : link_(link), slot_ns_(ToNs(slot)), period_ns_(slot_ns_ * kSlots) {}

    bool Train() {
      for (std::size_t state = 0; state < kLineStates; ++state) {
        std::array<double, kTrainingRounds> phases{};
        for (double& phase : phases) {
          if (!Take()) return false;
          // Measured from the first, so that the median does not straddle the period's end.
          phase = phases[0] + Wrap(phase_ns_ - phases[0]);
          if (&phase == phases.data()) phase = phase_ns_;
        }
        std::ranges::nth_element(phases, phases.begin() + kTrainingRounds / 2);
        way_ns_[state] = phases[kTrainingRounds / 2];
      }
      return true;
    }

    std::optional<Symbol> Next() {
      auto symbol = Take();
      if (!symbol) return std::nullopt;
      double& way_ns = way_ns_[symbol->lines];
      const double slots = std::round(Wrap(phase_ns_ - way_ns) / slot_ns_);
      way_ns += kFollow * Wrap(phase_ns_ - way_ns - slots * slot_ns_);
      symbol->slot = static_cast<std::size_t>(slots + kSlots) % kSlots;
      return symbol;
    }

   private:
    static double ToNs(nanoseconds time) { return static_cast<double>(time.count()); }

    // To within half a period on either side of 0.
    double Wrap(double ns) const { return std::remainder(ns, period_ns_); }

    // A round without its slot, which is in phase_ns_.
    std::optional<Symbol> Take() {
      Symbol symbol;
      auto arrival = link_.Wait();
      for (; arrival && arrival->lane == Lane::kPrivate; arrival = link_.Wait()) {
        symbol.lines |= BitOf(arrival->signal) ? 2 : 1;
      }
      if (!arrival) return std::nullopt;
      phase_ns_ = std::fmod(ToNs(link_.Now()), period_ns_);
      link_.Send(kReply.signal, kReply.lane);
      symbol.clock = BitOf(arrival->signal);
      return symbol;
    }

    Link& link_;
    double slot_ns_;
    double period_ns_;
    double phase_ns_ = 0;
    std::array<double, kLineStates> way_ns_{};
  };

  bool SendRound(Link& link, const Symbol& symbol) const {
    if ((symbol.lines & 1) != 0) link.Send(Signal::kUsr1, Lane::kPrivate);
    if ((symbol.lines & 2) != 0) link.Send(Signal::kUsr2, Lane::kPrivate);
    // A slot is far shorter than any sleep.
    const nanoseconds due = NextTime(link.Now(), symbol.slot);
    while (link.Now() < due) {
    }
    link.Send(SignalFor(symbol.clock), Lane::kShared);
    const auto reply = link.Wait();
    if (reply && *reply != kReply) link.Fail(Status::kGarbled);
    return link.ok();
  }

  // The first beginning of such a slot that is not over.
  nanoseconds NextTime(nanoseconds now, std::size_t slot) const {
    const nanoseconds period = slot_ * kSlots;
    const nanoseconds due = now - now % period + slot_ * static_cast<int>(slot);
    return due < now ? due + period : due;
  }

  nanoseconds slot_;
};

constexpr std::uint32_t kSweep[] = {50, 100, 150, 200, 300, 400, 600, 800, 1200, 2000};

}  // namespace

extern const ProtocolInfo kPpm;
constinit const ProtocolInfo kPpm{
    .id = 9,
    .name = "ppm",
    .summary = "lanes, and when the clock comes is two bits more; research: guesses wrong at times",
    .loss_free = false,
    .private_lane = true,
    .timed = true,
    .rounds = {.sets = kLinesAndClock, .bits_per_round = kBitsPerRound - 3},
    .parameter_unit = "nanoseconds",
    .default_parameter = 400,
    .sweep = kSweep,
    .make = Make<Ppm>,
};

}  // namespace minitalk

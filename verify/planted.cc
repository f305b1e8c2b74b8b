#include "verify/planted.h"

#include <array>
#include <bit>

#include "core/wire/stop_and_wait.h"
#include "verify/sim_link.h"

namespace minitalk::verify {
namespace {

// A receiver that is right: each bit noted as it is taken, and echoed.
std::size_t ReceiveAndEcho(Link& link, MutableBits bits) {
  for (std::size_t i = 0; i < bits.size(); ++i) {
    const auto arrival = link.Wait();
    if (!arrival) return i;
    bits.Set(i, BitOf(arrival->signal));
    link.Send(arrival->signal, Lane::kShared);
  }
  return bits.size();
}

// `ack`, with `if (!ack) pause();`.
class CheckThenPause final : public Protocol {
 public:
  void Send(Link& link, Bits bits) const override {
    auto& handlers = dynamic_cast<HandlerPause&>(link);
    for (std::size_t i = 0; i < bits.size(); ++i) {
      link.Send(SignalFor(bits[i]), Lane::kShared);
      while (!link.WaitFor(std::chrono::nanoseconds(0))) handlers.PauseForHandler();
    }
  }
  std::size_t Receive(Link& link, MutableBits bits) const override {
    return ReceiveAndEcho(link, bits);
  }
};

// `ack`, and a bit that is not acknowledged in time goes out once more.
class ResendWithoutSequence final : public Protocol {
 public:
  void Send(Link& link, Bits bits) const override {
    for (std::size_t i = 0; i < bits.size(); ++i) {
      link.Send(SignalFor(bits[i]), Lane::kShared);
      if (link.WaitFor(std::chrono::milliseconds(1))) continue;
      link.Send(SignalFor(bits[i]), Lane::kShared);
      if (!link.Wait()) return;
    }
  }
  std::size_t Receive(Link& link, MutableBits bits) const override {
    return ReceiveAndEcho(link, bits);
  }
};

// `ack`, right in itself; what is wrong is that nobody looks who sends.
class EagerAck final : public Protocol {
 public:
  void Send(Link& link, Bits bits) const override { SendBits(link, bits); }
  std::size_t Receive(Link& link, MutableBits bits) const override {
    return ReceiveAndEcho(link, bits);
  }
};

// `clock` with its lines swapped, or in the wrong order.
class WrongClock final : public Protocol {
 public:
  WrongClock(Signal data, bool clock_first) : data_(data), clock_first_(clock_first) {}

  void Send(Link& link, Bits bits) const override {
    for (std::size_t i = 0; i < bits.size(); ++i) {
      if (bits[i] && !clock_first_) link.Send(data_, Lane::kShared);
      link.Send(Tick(), Lane::kShared);
      if (bits[i] && clock_first_) link.Send(data_, Lane::kShared);
      if (!link.Wait()) return;
    }
  }
  std::size_t Receive(Link& link, MutableBits bits) const override {
    for (std::size_t i = 0; i < bits.size(); ++i) {
      auto arrival = link.Wait();
      const bool bit = arrival && arrival->signal == data_;
      if (bit) arrival = link.Wait();
      if (!arrival) return i;
      bits.Set(i, bit);
      link.Send(Signal::kUsr1, Lane::kShared);
    }
    return bits.size();
  }

 private:
  Signal Tick() const { return data_ == Signal::kUsr1 ? Signal::kUsr2 : Signal::kUsr1; }
  Signal data_;
  bool clock_first_;
};

// Two bits in flight for each acknowledgement, as if signals came in the order of sending.
class TwoInFlight final : public Protocol {
 public:
  void Send(Link& link, Bits bits) const override {
    for (std::size_t i = 0; i < bits.size(); ++i) {
      link.Send(SignalFor(bits[i]), Lane::kShared);
      if (EndsPair(i, bits.size()) && !link.Wait()) return;
    }
  }
  std::size_t Receive(Link& link, MutableBits bits) const override {
    for (std::size_t i = 0; i < bits.size(); ++i) {
      const auto arrival = link.Wait();
      if (!arrival) return i;
      bits.Set(i, BitOf(arrival->signal));
      if (EndsPair(i, bits.size())) link.Send(Signal::kUsr1, Lane::kShared);
    }
    return bits.size();
  }

 private:
  static bool EndsPair(std::size_t i, std::size_t count) { return i % 2 == 1 || i + 1 == count; }
};

// A bit in each lane, each acknowledged by a signal of its own; but the sender takes any
// acknowledgement for that of the older bit.
class UnmatchedAck final : public Protocol {
 public:
  void Send(Link& link, Bits bits) const override {
    std::size_t acknowledged = 0;
    for (std::size_t i = 0; i < bits.size(); ++i) {
      if (i - acknowledged == kLanes.size()) {
        if (!link.Wait()) return;
        ++acknowledged;
      }
      link.Send(SignalFor(bits[i]), kLanes[i % kLanes.size()]);
    }
    for (; acknowledged < bits.size(); ++acknowledged) {
      if (!link.Wait()) return;
    }
  }
  std::size_t Receive(Link& link, MutableBits bits) const override {
    std::array<std::size_t, kLanes.size()> next{0, 1};
    for (std::size_t taken = 0; taken < bits.size(); ++taken) {
      const auto arrival = link.Wait();
      if (!arrival) return 0;
      const std::size_t lane = arrival->lane == kLanes[0] ? 0 : 1;
      if (next[lane] < bits.size()) bits.Set(next[lane], BitOf(arrival->signal));
      next[lane] += kLanes.size();
      link.Send(SignalFor(lane != 0), Lane::kShared);
    }
    return bits.size();
  }

 private:
  static constexpr std::array kLanes{Lane::kShared, Lane::kPrivate};
};

// `rle` without its acknowledgements: lengths of runs in the Elias gamma code, one after the other.
class RleWithoutAck final : public Protocol {
 public:
  void Send(Link& link, Bits bits) const override {
    const auto send = [&](bool bit) { link.Send(SignalFor(bit), Lane::kShared); };
    send(bits[0]);
    for (std::size_t start = 0, end = 0; start < bits.size(); start = end) {
      while (end < bits.size() && bits[end] == bits[start]) ++end;
      const auto width = static_cast<int>(std::bit_width(end - start));
      for (int i = 1; i < width; ++i) send(false);
      for (int i = width - 1; i >= 0; --i) send(((end - start) >> i & 1) != 0);
    }
  }
  std::size_t Receive(Link& link, MutableBits bits) const override {
    auto arrival = link.Wait();
    bool bit = arrival && BitOf(arrival->signal);
    for (std::size_t at = 0; at < bits.size(); bit = !bit) {
      int zeros = 0;
      while ((arrival = link.Wait()) && !BitOf(arrival->signal)) ++zeros;
      std::size_t run = 1;
      for (; arrival && zeros > 0 && (arrival = link.Wait()); --zeros) {
        run = run << 1 | (BitOf(arrival->signal) ? 1u : 0u);
      }
      if (!arrival) return at;
      for (; run > 0 && at < bits.size(); --run) bits.Set(at++, bit);
    }
    return bits.size();
  }
};

// `runs`, but an equal symbol goes out without waiting, too.
class LevelRuns final : public Protocol {
 public:
  void Send(Link& link, Bits bits) const override {
    std::optional<Arrival> last;
    for (std::size_t i = 0; i < bits.size(); i += 2) {
      const Arrival slot = SlotAt(bits, i);
      if (last && Comes(slot) < Comes(*last) && !AwaitEcho(link, *last)) return;
      link.Send(slot.signal, slot.lane);
      last = slot;
    }
    if (last) AwaitEcho(link, *last);
  }
  std::size_t Receive(Link& link, MutableBits bits) const override {
    for (std::size_t i = 0; i < bits.size(); i += 2) {
      const auto arrival = link.Wait();
      if (!arrival) return i;
      bits.Set(i, arrival->lane == Lane::kShared);
      if (i + 1 < bits.size()) bits.Set(i + 1, BitOf(arrival->signal));
      link.Send(arrival->signal, arrival->lane);
    }
    return bits.size();
  }

 private:
  static Arrival SlotAt(Bits bits, std::size_t i) {
    return {SignalFor(i + 1 < bits.size() && bits[i + 1]),
            bits[i] ? Lane::kShared : Lane::kPrivate};
  }
  // Its place in the order of taking.
  static int Comes(const Arrival& slot) {
    return (slot.lane == Lane::kShared ? 2 : 0) + (BitOf(slot.signal) ? 1 : 0);
  }
  static bool AwaitEcho(Link& link, const Arrival& last) {
    auto echo = link.Wait();
    while (echo && *echo != last) echo = link.Wait();
    return echo.has_value();
  }
};

TransferSetup With(std::shared_ptr<const Protocol> protocol) { return {std::move(protocol)}; }

constexpr std::array kPlantedBugs{
    // if (!ack) pause(): the acknowledgement may come in between.
    PlantedBug{"check-then-pause",
               [] {
                 TransferSetup setup = With(std::make_shared<CheckThenPause>());
                 setup.sender_handlers = true;
                 return setup;
               }},
    // A bit resent on a timeout counts as the next one.
    PlantedBug{"resend-without-sequence",
               [] { return With(std::make_shared<ResendWithoutSequence>()); }},
    // Anybody's signal counts.
    PlantedBug{"unchecked-sender",
               [] {
                 TransferSetup setup = With(std::make_shared<EagerAck>());
                 setup.checks_sender = false;
                 setup.rules.foreign_signals = 1;
                 return setup;
               },
               Assumption::kOneForeignSignal},
    // The tick may be taken before its data is sent.
    PlantedBug{"clock-before-data",
               [] { return With(std::make_shared<WrongClock>(Signal::kUsr1, true)); }},
    // USR2 is the data, which is taken after its tick.
    PlantedBug{"swapped-roles",
               [] { return With(std::make_shared<WrongClock>(Signal::kUsr2, false)); }},
    // Handlers with an empty sa_mask run highest first.
    PlantedBug{"nesting-handlers",
               [] {
                 TransferSetup setup = With(std::make_shared<WrongClock>(Signal::kUsr1, false));
                 setup.order = Order::kNested;
                 return setup;
               }},
    // Two bits for each acknowledgement: {USR1, USR2} has no order.
    PlantedBug{"two-in-flight", [] { return With(std::make_shared<TwoInFlight>()); }},
    // Any acknowledgement frees the older slot.
    PlantedBug{"unmatched-ack", [] { return With(std::make_shared<UnmatchedAck>()); }},
    // Two signals in one slot.
    PlantedBug{"level-runs", [] { return With(std::make_shared<LevelRuns>()); }},
    // Run lengths that nobody acknowledges.
    PlantedBug{"rle-without-ack", [] { return With(std::make_shared<RleWithoutAck>()); }},
};

}  // namespace

std::span<const PlantedBug> PlantedBugs() { return kPlantedBugs; }

}  // namespace minitalk::verify

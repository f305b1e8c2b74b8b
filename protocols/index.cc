// The address is the message. The receiver has threads that sleep until a signal comes; to which of
// them the sender's signal goes, and which of the two it is, are many bits for one signal.
//
//     1,024 threads, two banks of 8 groups of 64: a signal carries 7 bits
//     bits       0 1 0 1 1 0 1  ...                 thread 22 of group 0, USR2
//     bank 0     . . . . . . . .                 . . . . . . . .
//     bank 1                     . . . . . . . .
//     answer                   a                b               a     shared USR1, shared USR2
//
// A round sends one signal to each group of a bank: group g of round r gets symbol r * groups + g,
// its first bits the number of the thread within the group, its last bit the signal. The last round
// has the groups that are needed, the last symbol is filled up with zeros. Threads run in any
// order; each writes its symbol into its group's place, and who finds that all others have come
// answers for all, with the bank's own signal. While one bank is read the other may be filled;
// where both ends share a CPU one bank is all there is.
//
// Before that the sender asks, by a private USR1 to the main thread, whom it may address. The
// answer is a private USR1: "as before"; or a private USR2, then by stop-and-wait a roster, then a
// private USR1. A roster is a byte (bits 0 to 3 thread bits + 1, bits 4 to 6 group bits, bit 7 two
// banks) and the ids, as runs of consecutive ones: how many ids lie between the last one and the
// run, and how long it is, each in seven bits a byte, low bits first, bit 7 set where more follow.
// The first gap is counted from 0, modulo 2^32. A byte 0 in its place says: this time by `runs`,
// because the system grants no threads, or they would cost more than they save. A sender that
// cannot address threads asks by a private USR2, gets a private USR1, and goes on by `runs`. A body
// of fewer than 256 bytes goes so unasked, unless a number of threads was named.
//
//     threads 3001 to 3128, one bank of 8 groups of 16:  35 b9 17 80 01
//
// *Theory.* log2(2K/M) bits a signal, with K threads in M groups. A thread's slot is filled again
// only after its bank's answer, which comes after all signals of the round were taken, so no slot
// ever holds two; and where a signal arrives does not depend on when. Threads have no common order
// of dequeuing, so an order of signals within a round says nothing.
#include <algorithm>
#include <array>
#include <atomic>
#include <bit>

#include "core/wire/protocol.h"
#include "core/wire/stop_and_wait.h"
#include "core/wire/threads.h"

namespace minitalk {

extern const ProtocolInfo kRuns;  // where there are no threads

namespace {

constexpr Arrival kYes{Signal::kUsr1, Lane::kPrivate};  // also: whom may I address?
constexpr Arrival kNew{Signal::kUsr2, Lane::kPrivate};  // also: I can address no threads
constexpr std::array<Arrival, 2> kAnswer{
    {{Signal::kUsr1, Lane::kShared}, {Signal::kUsr2, Lane::kShared}}};

constexpr std::size_t kShortBytes = 256;
constexpr std::size_t kMostThreads = 4096;
constexpr std::size_t kMostUnasked = 1024;  // of 32 kB each, where nobody has named a number
constexpr unsigned kMostGroupBits = 3;

// ---- How many threads ---------------------------------------------------------------------------

// What things cost, in times of a signal to a sleeping thread: to make a thread; to start and stop
// it; to tell a roster; a bit by `runs`, where both ends share a CPU and where they do not.
// Measured, and not critical: near the best number neighbours cost the same.
constexpr double kMakeCost = 3;
constexpr double kStartCost = 1;
constexpr double kRosterCost = 80;
constexpr double kRunsCostTogether = 0.5;
constexpr double kRunsCostApart = 0.17;

// The best arrangement of `threads`, a power of two.
Roster Arrange(std::size_t threads, bool apart) {
  Roster roster;
  roster.banks = apart && threads >= 4 ? 2 : 1;
  const auto bits = static_cast<unsigned>(std::countr_zero(threads / roster.banks));
  roster.group_bits = bits == 0 ? 0 : std::min(bits - 1, kMostGroupBits);
  roster.thread_bits = bits - roster.group_bits;
  return roster;
}

std::size_t SymbolCount(const Roster& roster, std::size_t bits) {
  const std::size_t width = roster.thread_bits + 1;
  return (bits + width - 1) / width;
}

// The number of threads that makes a body of so many bits cheapest; 0: none.
std::size_t BestCount(std::size_t bits, const Threads& threads, std::size_t made) {
  const bool apart = threads.apart();
  double best_cost = static_cast<double>(bits) * (apart ? kRunsCostApart : kRunsCostTogether);
  std::size_t best = 0;
  for (std::size_t count = 2; count <= kMostUnasked; count *= 2) {
    const Roster roster = Arrange(count, apart);
    const double is_new = threads.told.SameShape(roster) ? 0 : 1;
    const auto more = static_cast<double>(count - std::min(count, made));
    const double cost = is_new * kRosterCost + more * kMakeCost +
                        static_cast<double>(count) * kStartCost +
                        static_cast<double>(SymbolCount(roster, bits));
    if (cost >= best_cost) continue;
    best_cost = cost;
    best = count;
  }
  return best;
}

// ---- The roster on the wire ---------------------------------------------------------------------

void PutNumber(std::uint32_t number, std::vector<std::byte>* bytes) {
  for (; number >= 0x80; number >>= 7) bytes->push_back(static_cast<std::byte>(number | 0x80));
  bytes->push_back(static_cast<std::byte>(number));
}

std::vector<std::byte> Encode(const Roster& roster) {
  if (roster.ids.empty()) return {std::byte{0}};
  std::vector<std::byte> bytes{static_cast<std::byte>(
      (roster.thread_bits + 1) | roster.group_bits << 4 | (roster.banks - 1) << 7)};
  std::uint32_t next = 0;
  for (std::size_t first = 0, end = 0; first < roster.ids.size(); first = end) {
    const auto id = static_cast<std::uint32_t>(roster.ids[first]);
    const auto is_next = [&](std::size_t i) {
      return static_cast<std::uint32_t>(roster.ids[i]) == id + (i - first);
    };
    for (end = first + 1; end < roster.ids.size() && is_next(end);) ++end;
    const auto length = static_cast<std::uint32_t>(end - first);
    PutNumber(id - next, &bytes);
    PutNumber(length, &bytes);
    next = id + length;
  }
  return bytes;
}

// Nothing: the link failed.
std::optional<std::uint32_t> ReceiveNumber(Link& link) {
  std::uint32_t number = 0;
  for (unsigned shift = 0; shift < 35; shift += 7) {
    std::array<std::byte, 1> byte{};
    if (!ReceiveBytes(link, byte)) return std::nullopt;
    const auto value = std::to_integer<std::uint32_t>(byte[0]);
    number |= (value & 0x7f) << shift;
    if (value < 0x80) return number;
  }
  link.Fail(Status::kGarbled);
  return std::nullopt;
}

// One with the shape that the byte says, and no ids yet. Nothing: there is no such shape.
std::optional<Roster> ShapeOf(std::byte byte) {
  const auto shape = std::to_integer<unsigned>(byte);
  if ((shape & 15) == 0) return std::nullopt;
  Roster roster;
  roster.banks = 1 + (shape >> 7);
  roster.group_bits = shape >> 4 & 7;
  roster.thread_bits = (shape & 15) - 1;
  return roster.threads() <= kMostThreads ? std::optional(roster) : std::nullopt;
}

// Nothing: an empty one came, or the link failed.
std::optional<Roster> ReceiveRoster(Link& link) {
  std::array<std::byte, 1> byte{};
  if (!ReceiveBytes(link, byte) || byte[0] == std::byte{0}) return std::nullopt;
  auto roster = ShapeOf(byte[0]);
  if (!roster) link.Fail(Status::kGarbled);
  std::uint32_t next = 0;
  while (link.ok() && roster->ids.size() < roster->threads()) {
    const auto gap = ReceiveNumber(link);
    const auto length = gap ? ReceiveNumber(link) : std::nullopt;
    if (!length) return std::nullopt;
    if (*length == 0 || *length > roster->threads() - roster->ids.size()) {
      link.Fail(Status::kGarbled);
      return std::nullopt;
    }
    next += *gap;
    for (std::uint32_t i = 0; i < *length; ++i) {
      roster->ids.push_back(static_cast<ThreadId>(next++));
    }
  }
  return link.ok() ? roster : std::nullopt;
}

bool Await(Link& link, const Arrival& expected) {
  const auto arrival = link.Wait();
  if (arrival && *arrival != expected) link.Fail(Status::kGarbled);
  return arrival == expected;
}

// The sender's side of it: asks whom it may address. Null: nobody, or the link failed.
Threads* Ask(Link& link) {
  Threads* threads = link.threads();
  const Arrival& question = threads != nullptr ? kYes : kNew;
  link.Send(question.signal, question.lane);
  const auto arrival = link.Wait();
  if (arrival == kNew && threads != nullptr) {
    auto roster = ReceiveRoster(link);
    const bool any = roster.has_value();
    if (any) threads->heard = std::move(*roster);
    return Await(link, kYes) && any ? threads : nullptr;
  }
  if (arrival && arrival != kYes) link.Fail(Status::kGarbled);
  return arrival == kYes && threads != nullptr && !threads->heard.ids.empty() ? threads : nullptr;
}

// ---- The symbols --------------------------------------------------------------------------------

class SymbolSender {
 public:
  SymbolSender(Link& link, Threads& threads, Bits bits)
      : link_(link), threads_(threads), roster_(threads.heard), bits_(bits) {}

  void Run() {
    const std::size_t symbols = SymbolCount(roster_, bits_.size());
    std::size_t bank = 0;
    for (std::size_t first = 0; first < symbols; first += roster_.groups()) {
      if (!AwaitAnswer(bank)) return;
      const std::size_t used = std::min(roster_.groups(), symbols - first);
      for (std::size_t group = 0; group < used; ++group) {
        const std::size_t symbol = SymbolAt(first + group);
        const std::size_t place = (bank * roster_.groups() + group) << roster_.thread_bits;
        threads_.Send(roster_.ids[place + (symbol >> 1)], SignalFor((symbol & 1) != 0));
      }
      busy_[bank] = true;
      bank = (bank + 1) % roster_.banks;
    }
    for (bank = 0; bank < roster_.banks && AwaitAnswer(bank);) ++bank;
  }

 private:
  std::size_t SymbolAt(std::size_t number) const {
    const std::size_t width = roster_.thread_bits + 1;
    std::size_t symbol = 0;
    for (std::size_t i = number * width; i < (number + 1) * width; ++i) {
      symbol = symbol << 1 | (i < bits_.size() && bits_[i] ? 1u : 0u);
    }
    return symbol;
  }

  // Waits until the bank is free. The other bank's answer may come first. False: the link failed.
  bool AwaitAnswer(std::size_t bank) {
    while (busy_[bank]) {
      const auto arrival = link_.Wait();
      if (!arrival) return false;
      const auto answered = std::ranges::find(kAnswer, *arrival) - kAnswer.begin();
      if (answered >= static_cast<std::ptrdiff_t>(roster_.banks)) {
        link_.Fail(Status::kGarbled);
        return false;
      }
      busy_[static_cast<std::size_t>(answered)] = false;
    }
    return link_.ok();
  }

  Link& link_;
  Threads& threads_;
  const Roster& roster_;
  Bits bits_;
  std::array<bool, 2> busy_{};
};

// Collects what the threads take. Its only order is that of `left`: whoever brings it to zero knows
// that all of its round have written their symbols. A peer that keeps to no order gets a wrong
// message, and no more.
class SymbolTaker final : public Taker {
 public:
  SymbolTaker(const Roster& roster, std::size_t bits)
      : roster_(roster),
        symbols_(SymbolCount(roster, bits)),
        rounds_((symbols_ + roster.groups() - 1) / roster.groups()),
        unfinished_(static_cast<int>(std::min<std::size_t>(roster.banks, rounds_))),
        taken_(rounds_ * roster.groups()) {
    for (std::size_t bank = 0; bank < roster.banks; ++bank) Begin(bank, bank);
  }

  Reaction Take(std::size_t thread, Signal signal) noexcept override {
    const std::size_t group = thread >> roster_.thread_bits & (roster_.groups() - 1);
    const std::size_t number = thread & ((std::size_t{1} << roster_.thread_bits) - 1);
    const std::size_t bank = thread >> (roster_.thread_bits + roster_.group_bits);
    const std::size_t round = banks_[bank].round.load(std::memory_order_acquire);
    if (round >= rounds_) return {.status = Status::kGarbled};
    const std::size_t symbol = number << 1 | (BitOf(signal) ? 1u : 0u);
    taken_[round * roster_.groups() + group].store(static_cast<std::uint16_t>(symbol + 1),
                                                   std::memory_order_relaxed);
    if (banks_[bank].left.fetch_sub(1, std::memory_order_acq_rel) != 1) return {};
    const std::size_t next = round + roster_.banks;
    Begin(bank, next);
    return {.answer = kAnswer[bank].signal, .ends = next >= rounds_ && --unfinished_ == 0};
  }

  // How many bits came, from the first on.
  std::size_t Decode(MutableBits bits) const {
    const std::size_t width = roster_.thread_bits + 1;
    for (std::size_t i = 0; i < bits.size(); ++i) {
      const unsigned symbol = taken_[i / width].load(std::memory_order_relaxed);
      if (symbol == 0) return i;
      bits.Set(i, ((symbol - 1) >> (width - 1 - i % width) & 1) != 0);
    }
    return bits.size();
  }

 private:
  struct alignas(64) Bank {
    std::atomic<std::size_t> round;
    std::atomic<std::size_t> left;  // signals of this round that have not come
  };

  void Begin(std::size_t bank, std::size_t round) {
    const std::size_t first = std::min(round * roster_.groups(), symbols_);
    banks_[bank].left.store(std::min(roster_.groups(), symbols_ - first),
                            std::memory_order_relaxed);
    banks_[bank].round.store(round, std::memory_order_release);
  }

  const Roster& roster_;
  const std::size_t symbols_;
  const std::size_t rounds_;
  std::array<Bank, 2> banks_{};
  std::atomic<int> unfinished_;
  std::vector<std::atomic<std::uint16_t>> taken_;  // a symbol + 1; 0: none came
};

// ---- Both ends ----------------------------------------------------------------------------------

class Index final : public Protocol {
 public:
  explicit Index(std::uint32_t threads)
      : count_(std::bit_floor(std::min<std::size_t>(threads, kMostThreads))),
        runs_(kRuns.make(kRuns.default_parameter)) {}

  void Send(Link& link, Bits bits) const override {
    if (IsShort(bits.size())) return runs_->Send(link, bits);
    Threads* threads = Ask(link);
    if (!link.ok()) return;
    if (threads == nullptr) return runs_->Send(link, bits);
    SymbolSender(link, *threads, bits).Run();
  }

  std::size_t Receive(Link& link, MutableBits bits) const override {
    if (IsShort(bits.size())) return runs_->Receive(link, bits);
    Threads* threads = Tell(link, bits.size());
    if (!link.ok()) return 0;
    if (threads == nullptr) return runs_->Receive(link, bits);
    SymbolTaker taker(threads->told, bits.size());
    threads->Serve(threads->told.threads(), taker);
    return link.ok() ? taker.Decode(bits) : 0;
  }

 private:
  bool IsShort(std::size_t bits) const { return bits < shortest_; }

  // The receiver's side of Ask().
  Threads* Tell(Link& link, std::size_t bits) const {
    const auto question = link.Wait();
    if (!question) return nullptr;
    if (question != kYes && question != kNew) {
      link.Fail(Status::kGarbled);
      return nullptr;
    }
    Threads* threads = question == kYes ? link.threads() : nullptr;
    const Roster roster = threads != nullptr ? RosterFor(bits, *threads) : Roster{};
    if (threads != nullptr && (roster.ids.empty() || roster != threads->told)) {
      link.Send(kNew.signal, kNew.lane);
      if (!SendBytes(link, Encode(roster))) return nullptr;
      if (!roster.ids.empty()) threads->told = roster;
    }
    link.Send(kYes.signal, kYes.lane);
    return roster.ids.empty() ? nullptr : threads;
  }

  // As many threads as pay, fewer where the system refuses.
  Roster RosterFor(std::size_t bits, Threads& threads) const {
    const std::size_t made = threads.Make(0).size();
    const std::size_t wanted = count_ > 0 ? count_ : BestCount(bits, threads, made);
    if (wanted == 0) return {};
    const auto ids = threads.Make(wanted);
    if (ids.empty()) return {};
    Roster roster = Arrange(std::bit_floor(std::min(ids.size(), wanted)), threads.apart());
    roster.ids.assign(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(roster.threads()));
    return roster;
  }

  const std::size_t count_;  // of threads; 0: as many as pay
  const std::size_t shortest_ = count_ == 0 ? kShortBytes * kBitsPerByte : 1;
  const std::unique_ptr<const Protocol> runs_;
};

}  // namespace

extern const ProtocolInfo kIndex;
// With 1,024 threads: one signal to each of eight groups, and its thread and number are eight bits.
constexpr std::array<SlotSet, 1> kRound{0b11111111};
constinit const ProtocolInfo kIndex{
    .id = 11,
    .name = "index",
    .summary = "to which of many threads a signal goes is the message; a round is answered once",
    .loss_free = true,
    .private_lane = true,
    .threads = true,
    .together_from = 4096,
    .rounds = {.sets = kRound, .bits_per_signal = 8},
    .parameter_unit = "threads; 0: as many as pay",
    .make = Make<Index>,
};

}  // namespace minitalk

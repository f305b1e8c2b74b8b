// The model of Linux's pending signals: what a process with one thread has waiting, as far as two
// standard signals go. Four slots, one for each signal number and pending set. A slot keeps the
// first signal's siginfo; whatever else is sent to it while it is full vanishes, and the sender is
// told that all is well. verify/kernel/model.cc holds the model against the kernel.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/wire/signal.h"

namespace minitalk::verify {

// What the kernel keeps of a signal beside its number.
struct Info {
  int code = 0;    // si_code: SI_USER, SI_TKILL, SI_QUEUE or what the sender chose
  int sender = 0;  // si_pid
  std::optional<Payload> payload = std::nullopt;
};

// In which order a process gets what is pending.
enum class Order : std::uint8_t {
  kTaken,   // by sigtimedwait: the private set first, the lowest number first
  kNested,  // by handlers with an empty sa_mask, all unblocked at once: the frames nest, so the
            // handler that was set up last runs first. REQUIRES: nothing is posted until all are
            // taken, for the kernel frees a slot when its frame is set up, before its handler runs
};

// A signal that has been sent and not been taken.
struct Pending {
  Signal signal;
  Lane lane;
  Info info;
};

// The slots of one process.
class PendingSets {
 public:
  static constexpr std::size_t kSlots = 4;

  // False: the slot is full, the signal vanishes.
  bool Post(const Pending& pending);
  // The next one in the given order, which leaves its slot. Nothing: all are empty.
  std::optional<Pending> Take(Order order);

  bool empty() const;
  void Clear();
  // In the order kTaken: private USR1, private USR2, shared USR1, shared USR2.
  const std::array<std::optional<Info>, kSlots>& slots() const { return slots_; }

 private:
  std::array<std::optional<Info>, kSlots> slots_;
};

// The identity of a state, a hash of 128 bits: with 10^7 states the odds that two of them are taken
// for one are below 10^-24.
struct Key {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend bool operator==(const Key&, const Key&) = default;

  // Appends a value; the order of values counts.
  void Add(std::uint64_t value);
};

// A hash of all that the kernel keeps of a signal. / The same with its slot.
std::uint64_t Digest(const Info& info);
std::uint64_t Digest(const Pending& pending);

}  // namespace minitalk::verify

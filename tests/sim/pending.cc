#include "sim/pending.h"

#include <algorithm>

namespace minitalk::sim {
namespace {

std::size_t SlotOf(Signal signal, Lane lane) {
  return (lane == Lane::kShared ? 2u : 0u) + (signal == Signal::kUsr2 ? 1u : 0u);
}

// While a handler runs its own number is blocked, so the other set's signal of that number follows
// when the handler is done.
constexpr std::array<std::size_t, PendingSets::kSlots> kTakenOrder{0, 1, 2, 3};
constexpr std::array<std::size_t, PendingSets::kSlots> kNestedOrder{1, 3, 0, 2};

}  // namespace

bool PendingSets::Post(const Pending& pending) {
  auto& slot = slots_[SlotOf(pending.signal, pending.lane)];
  if (slot) return false;
  slot = pending.info;
  return true;
}

std::optional<Pending> PendingSets::Take(Order order) {
  for (const std::size_t i : order == Order::kTaken ? kTakenOrder : kNestedOrder) {
    if (!slots_[i]) continue;
    const Pending taken{i % 2 == 0 ? Signal::kUsr1 : Signal::kUsr2,
                        i < 2 ? Lane::kPrivate : Lane::kShared, *slots_[i]};
    slots_[i].reset();
    return taken;
  }
  return std::nullopt;
}

bool PendingSets::empty() const {
  return std::ranges::none_of(slots_, [](const auto& slot) { return slot.has_value(); });
}

void PendingSets::Clear() { slots_.fill(std::nullopt); }

}  // namespace minitalk::sim

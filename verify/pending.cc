#include "verify/pending.h"

#include <algorithm>

namespace minitalk::verify {
namespace {

std::size_t SlotOf(Signal signal, Lane lane) {
  return (lane == Lane::kShared ? 2u : 0u) + (signal == Signal::kUsr2 ? 1u : 0u);
}

}  // namespace

bool PendingSets::Post(const Pending& pending) {
  auto& slot = slots_[SlotOf(pending.signal, pending.lane)];
  if (slot) return false;
  slot = pending.info;
  return true;
}

// Nested, the kernel sets up a frame for the first as in kTaken, whose number is blocked from then
// on. It goes on with the first of the other number, if there is one, and then both are blocked: so
// the handler of that second frame runs first. When it returns, its number alone is unblocked, and
// the same rule holds for what is left.
std::optional<Pending> PendingSets::Take(Order order) {
  const auto full = [&](std::size_t i) { return slots_[i].has_value(); };
  std::size_t next = 0;
  while (next < kSlots && !full(next)) ++next;
  if (next == kSlots) return std::nullopt;
  if (order == Order::kNested) {
    const std::size_t other = 1 - next % 2;
    for (const std::size_t i : {other, other + 2}) {
      if (!full(i)) continue;
      next = i;
      break;
    }
  }
  const Pending taken{next % 2 == 0 ? Signal::kUsr1 : Signal::kUsr2,
                      next < 2 ? Lane::kPrivate : Lane::kShared, *slots_[next]};
  slots_[next].reset();
  return taken;
}

bool PendingSets::empty() const {
  return std::ranges::none_of(slots_, [](const auto& slot) { return slot.has_value(); });
}

void PendingSets::Clear() { slots_.fill(std::nullopt); }

}  // namespace minitalk::verify

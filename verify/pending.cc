#include "verify/pending.h"

#include <algorithm>
#include <cstring>

namespace minitalk::verify {
namespace {

std::size_t SlotOf(Signal signal, Lane lane) {
  return (lane == Lane::kShared ? 2u : 0u) + (signal == Signal::kUsr2 ? 1u : 0u);
}

// The finaliser of SplitMix64 (Steele, Lea, Flood 2014), a bijection.
std::uint64_t Mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

std::uint64_t Digest(const Payload& payload) {
  std::uint64_t digest = Mix(payload.sequence + (static_cast<std::uint64_t>(payload.form) << 8));
  for (std::size_t i = 0; i < payload.bytes.size(); i += sizeof(digest)) {
    std::uint64_t word = 0;
    std::memcpy(&word, payload.bytes.data() + i, sizeof(word));
    digest = Mix(digest ^ word);
  }
  return digest;
}

}  // namespace

void Key::Add(std::uint64_t value) {
  high = Mix(high ^ value);
  low = Mix(low + 0xd1b54a32d192ed03 + value * 0xaef17502108ef2d9);
}

std::uint64_t Digest(const Info& info) {
  const auto code = static_cast<std::uint32_t>(info.code);
  const auto sender = static_cast<std::uint64_t>(info.sender);
  return Mix(sender << 32 | code) ^ (info.payload ? Digest(*info.payload) : 0);
}

std::uint64_t Digest(const Pending& pending) {
  const auto slot =
      (pending.signal == Signal::kUsr2 ? 1u : 0u) + (pending.lane == Lane::kPrivate ? 2u : 0u);
  return Mix(Digest(pending.info) + slot);
}

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

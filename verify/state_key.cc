#include "verify/state_key.h"

#include <cstring>

namespace minitalk::verify {
namespace {

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

}  // namespace minitalk::verify

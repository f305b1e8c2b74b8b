// The identity of a state, as a hash of 128 bits: with 10^7 states the odds that two of them are
// taken for one are below 10^-24.
#pragma once

#include <cstdint>

#include "verify/pending.h"

namespace minitalk::verify {

// Equal for equal states, and in practice for no others.
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

// Bits of a byte sequence, most significant first: the order in which every protocol sends them.
#pragma once

#include <cassert>
#include <cstddef>
#include <span>

namespace minitalk {

inline constexpr std::size_t kBitsPerByte = 8;

// REQUIRES: index < 8 * bytes.size().
inline bool GetBit(std::span<const std::byte> bytes, std::size_t index) {
  assert(index / kBitsPerByte < bytes.size());
  const auto mask = std::byte{0x80} >> (index % kBitsPerByte);
  return (bytes[index / kBitsPerByte] & mask) != std::byte{0};
}

// REQUIRES: index < 8 * bytes.size().
inline void SetBit(std::span<std::byte> bytes, std::size_t index, bool bit) {
  assert(index / kBitsPerByte < bytes.size());
  const auto mask = std::byte{0x80} >> (index % kBitsPerByte);
  std::byte& cell = bytes[index / kBitsPerByte];
  cell = bit ? cell | mask : cell & ~mask;
}

inline std::size_t BitCount(std::span<const std::byte> bytes) {
  return bytes.size() * kBitsPerByte;
}

}  // namespace minitalk

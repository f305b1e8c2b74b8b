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

// The bits of whole bytes.
inline std::size_t BitCount(std::span<const std::byte> bytes) {
  return bytes.size() * kBitsPerByte;
}

// The first `size` bits of a byte sequence: what a protocol sends. Owns nothing.
class Bits {
 public:
  // All of them; implicit, because a message is nearly always whole bytes.
  Bits(std::span<const std::byte> bytes) : Bits(bytes, BitCount(bytes)) {}
  // REQUIRES: `size` bits end within the last byte.
  Bits(std::span<const std::byte> bytes, std::size_t size) : bytes_(bytes), size_(size) {
    assert((size + kBitsPerByte - 1) / kBitsPerByte == bytes.size());
  }

  std::size_t size() const { return size_; }
  bool operator[](std::size_t index) const { return GetBit(bytes_, index); }
  // What follows the last bit in the last byte is not part of the message.
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::span<const std::byte> bytes_;
  std::size_t size_;
};

// The same to be filled.
class MutableBits {
 public:
  MutableBits(std::span<std::byte> bytes) : MutableBits(bytes, BitCount(bytes)) {}
  MutableBits(std::span<std::byte> bytes, std::size_t size) : bytes_(bytes), size_(size) {
    assert((size + kBitsPerByte - 1) / kBitsPerByte == bytes.size());
  }

  std::size_t size() const { return size_; }
  void Set(std::size_t index, bool bit) const { SetBit(bytes_, index, bit); }
  std::span<std::byte> bytes() const { return bytes_; }

 private:
  std::span<std::byte> bytes_;
  std::size_t size_;
};

}  // namespace minitalk

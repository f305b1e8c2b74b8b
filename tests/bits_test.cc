// Bits of a byte sequence: most significant first.
#include "core/wire/bits.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace minitalk {
namespace {

TEST(Bits, MostSignificantFirst) {
  const std::array bytes{std::byte{0x80}, std::byte{0x01}, std::byte{0xA5}};
  std::string bits;
  for (std::size_t i = 0; i < BitCount(bytes); ++i) bits += GetBit(bytes, i) ? '1' : '0';
  EXPECT_EQ(bits, "100000000000000110100101");
}

TEST(Bits, SettingOneLeavesTheOthers) {
  for (std::size_t index = 0; index < 24; ++index) {
    for (const bool bit : {false, true}) {
      std::array<std::byte, 3> bytes;
      bytes.fill(bit ? std::byte{0} : std::byte{0xff});
      SetBit(bytes, index, bit);
      for (std::size_t i = 0; i < 24; ++i) EXPECT_EQ(GetBit(bytes, i), (i == index) == bit);
    }
  }
}

TEST(Bits, EveryByteComesBack) {
  for (int value = 0; value < 256; ++value) {
    const std::array from{static_cast<std::byte>(value)};
    std::array<std::byte, 1> to{static_cast<std::byte>(~value)};
    for (std::size_t i = 0; i < 8; ++i) SetBit(to, i, GetBit(from, i));
    EXPECT_EQ(from, to);
  }
}

TEST(Bits, NoBytesNoBits) { EXPECT_EQ(BitCount({}), 0u); }

}  // namespace
}  // namespace minitalk

// What goes over the wire: the bits of bytes, and the headers. What is encoded comes back, and
// nothing else is believed.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <boost/crc.hpp>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "core/wire/bits.h"
#include "core/wire/crc32c.h"
#include "core/wire/frame.h"

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

std::uint32_t CrcOf(std::string_view text) { return Crc32c(std::as_bytes(std::span(text))); }

using Bytes = std::vector<std::byte>;

// How decoding ended, the header if it was one, and how many bytes were taken.
struct Decoded {
  Status status = Status::kOk;
  FrameHeader header;
  std::size_t taken = 0;
};

Decoded Decode(std::span<const std::byte> bytes) {
  Decoded decoded;
  const auto next = [&] {
    return decoded.taken < bytes.size() ? std::optional(bytes[decoded.taken++]) : std::nullopt;
  };
  decoded.status = DecodeFrameHeader(next, &decoded.header);
  return decoded;
}

Bytes ToBytes(std::initializer_list<int> values) {
  Bytes bytes;
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

// The first bytes of a header with the checksums that follow them: a CRC-32C of 0, so that only the
// values can be wrong.
Bytes WithChecks(Bytes content) {
  boost::crc_ccitt_type crc;
  content.resize(content.size() + 4);
  crc.process_bytes(content.data(), content.size());
  content.push_back(static_cast<std::byte>(crc.checksum()));
  content.push_back(static_cast<std::byte>(crc.checksum() >> 8));
  return content;
}

std::vector<FrameHeader> Headers() {
  MessageHeader full{.protocol_id = 255,
                     .protocol_parameter = 0xDEADBEEF,
                     .message_bytes = 0x0123456789ABCDEF,
                     .wants_echo = true,
                     .wait = WaitMode::kSpin,
                     .cpu = 0,
                     .nonce = 0x89ABCDEF};
  std::vector<FrameHeader> headers{
      {},
      {.sequence = 255, .body_bytes = kMaxFrameBytes, .last = true, .crc = 1},
      {.sequence = 1, .body_bytes = 1, .last = false, .crc = 0xFFFFFFFF},
      {.message = MessageHeader{}},
      {.message = MessageHeader{.protocol_id = 5, .message_bytes = 2},
       .body_bytes = 2,
       .last = true},
      {.message = full, .body_bytes = 1024}};
  full.wait = WaitMode::kSleep;
  full.cpu = 65535;
  full.message_bytes = 0;
  headers.push_back({.message = full, .body_bytes = 127, .last = true});
  return headers;
}

TEST(Crc32c, PublishedVectors) {
  EXPECT_EQ(CrcOf("123456789"), 0xE3069283u);
  EXPECT_EQ(CrcOf(""), 0u);
  // RFC 3720, appendix B.4.
  EXPECT_EQ(CrcOf(std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(CrcOf(std::string(32, '\xff')), 0x62A8AB43u);
  std::string up;
  for (int i = 0; i < 32; ++i) up += static_cast<char>(i);
  EXPECT_EQ(CrcOf(up), 0x46DD794Eu);
  EXPECT_EQ(CrcOf(std::string(up.rbegin(), up.rend())), 0x113FDB5Cu);
}

TEST(Frame, LayoutOnTheWire) {
  const std::string hello = "hello";
  FrameHeader plain{.message = MessageHeader{.protocol_id = 5, .message_bytes = 5},
                    .body_bytes = 5,
                    .last = true};
  plain.crc = FrameCrc(plain, std::as_bytes(std::span(hello)));
  const Bytes content = ToBytes({0xBA, 5, 5});
  const Bytes bytes = Encode(plain);
  ASSERT_EQ(bytes.size(), 9u);
  EXPECT_TRUE(std::equal(content.begin(), content.end(), bytes.begin()));
  const std::uint32_t crc = CrcOf("\xBA\5\5hello");
  EXPECT_EQ(plain.crc, crc);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(bytes[3 + i], static_cast<std::byte>(crc >> 8 * i));

  FrameHeader full = Headers()[5];
  full.crc = 0;
  EXPECT_EQ(Encode(full),
            WithChecks(ToBytes({0xBC, 0xFF, 0x80, 0x08,              // 1,024 bytes
                                0x7B,                                // options, but sleep
                                0x00, 0xEF, 0xFD, 0xB6, 0xF5, 0x0D,  // CPU, parameter
                                0xEF, 0x9B, 0xAF, 0xCD, 0x08,        // nonce
                                0xEF, 0x9B, 0xAF, 0xCD, 0xF8, 0xAC, 0xD1, 0x91, 0x01})));
  EXPECT_EQ(Encode({.sequence = 7}), WithChecks(ToBytes({0xB0, 7, 0})));
}

TEST(Frame, RoundTrip) {
  for (const FrameHeader& header : Headers()) {
    Bytes bytes = Encode(header);
    const std::size_t size = bytes.size();
    bytes.push_back(std::byte{0});  // the body: not its business
    const Decoded decoded = Decode(bytes);
    EXPECT_EQ(decoded.status, Status::kOk);
    EXPECT_EQ(decoded.header, header);
    EXPECT_EQ(decoded.taken, size);
  }
}

// A message that ends where its length is unknown has its length all the same.
TEST(Frame, UnknownLengthOfAWholeMessage) {
  const FrameHeader header{.message = MessageHeader{}, .body_bytes = 9, .last = true};
  EXPECT_EQ(Decode(Encode(header)).header.message->message_bytes, 9u);
}

// The checksum of the body holds for the header, too.
TEST(Frame, CrcIsOfHeaderAndBody) {
  const auto body = ToBytes({1, 2, 3});
  for (const FrameHeader& header : Headers()) {
    FrameHeader other = header;
    other.last = !other.last;
    EXPECT_NE(FrameCrc(header, body), FrameCrc(other, body));
    EXPECT_NE(FrameCrc(header, body), FrameCrc(header, ToBytes({1, 2, 2})));
  }
}

// Every change of one or two bits, but for those that make it another version.
TEST(Frame, FlippedBitsAreFound) {
  constexpr std::size_t kVersionBits = 4;
  for (const FrameHeader& header : Headers()) {
    const Bytes good = Encode(header);
    const auto flip = [](Bytes bytes, std::size_t bit) {
      bytes[bit / 8] ^= std::byte{0x80} >> (bit % 8);
      return bytes;
    };
    for (std::size_t i = 0; i < good.size() * 8; ++i) {
      const Bytes one = flip(good, i);
      const Status expected = i < kVersionBits ? Status::kOtherVersion : Status::kGarbled;
      EXPECT_EQ(Decode(one).status, expected) << "bit " << i;
      for (std::size_t j = std::max(i + 1, kVersionBits); j < good.size() * 8; ++j) {
        EXPECT_EQ(Decode(flip(one, j)).status, expected) << "bits " << i << " and " << j;
      }
    }
  }
}

TEST(Frame, ValuesOutOfRange) {
  ASSERT_EQ(Decode(WithChecks(ToBytes({0xB8, 1, 0}))).status, Status::kOk);
  ASSERT_EQ(Decode(WithChecks(ToBytes({0xB8, 1, 0x80, 0x80, 0x40}))).status, Status::kOk);
  for (const auto& content : {
           ToBytes({0xB9, 1, 0}),                    // an unknown flag
           ToBytes({0xB4, 1, 0, 1}),                 // options in a later frame
           ToBytes({0xB8, 1, 0x81, 0x80, 0x40}),     // a body too large by one
           ToBytes({0xB8, 1, 0x80, 0}),              // longer than need be
           ToBytes({0xBC, 1, 0, 0}),                 // options, but none
           ToBytes({0xBC, 1, 0, 6}),                 // no such wait mode
           ToBytes({0xBC, 1, 0, 128}),               // an unknown option
           ToBytes({0xBC, 1, 0, 16, 0}),             // a parameter that needs no saying
           ToBytes({0xBC, 1, 0, 8, 0x80, 0x80, 4}),  // CPU 65536
           ToBytes({0xBC, 1, 0, 32, 0x80, 0x80, 0x80, 0x80, 0x10}),  // a nonce of 33 bits
           ToBytes({0xBE, 1, 4, 64, 4}),  // a length that needs no saying
           ToBytes({0xBC, 1, 0, 64, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 3}),
       }) {
    EXPECT_EQ(Decode(WithChecks(content)).status, Status::kGarbled) << content.size();
  }
}

TEST(Frame, EndsTooEarly) {
  for (const FrameHeader& header : Headers()) {
    const Bytes bytes = Encode(header);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_EQ(Decode(std::span(bytes).first(size)).status, Status::kGarbled);
    }
  }
}

TEST(Frame, GarbageIsRefused) {
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    Bytes bytes(40);
    std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<std::byte>(random()); });
    EXPECT_NE(Decode(bytes).status, Status::kOk);
    bytes[0] = (bytes[0] & std::byte{0x0F}) | std::byte{0xB0};
    EXPECT_EQ(Decode(bytes).status, Status::kGarbled);
  }
}

}  // namespace
}  // namespace minitalk

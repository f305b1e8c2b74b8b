// The two headers on the wire: what is encoded comes back, and nothing else is believed.
#include "core/wire/frame.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string_view>
#include <vector>

#include "core/wire/crc32c.h"

namespace minitalk {
namespace {

std::uint32_t CrcOf(std::string_view text) { return Crc32c(std::as_bytes(std::span(text))); }

// With its last four bytes made the checksum of the rest, so that only the values can be wrong.
template <typename Bytes>
Bytes WithCrc(Bytes bytes) {
  const auto content = std::span<const std::byte>(bytes).first(bytes.size() - 4);
  const std::uint32_t crc = Crc32c(content);
  for (std::size_t i = 0; i < 4; ++i) {
    bytes[content.size() + i] = static_cast<std::byte>(crc >> (8 * i));
  }
  return bytes;
}

std::vector<MessageHeader> MessageHeaders() {
  std::vector<MessageHeader> headers(1);
  MessageHeader full{.protocol_id = 255,
                     .protocol_parameter = 0xDEADBEEF,
                     .message_bytes = 0x0123456789ABCDEF,
                     .wants_echo = true,
                     .wait = WaitMode::kSpin,
                     .cpu = 0,
                     .nonce = 0x89ABCDEF};
  headers.push_back(full);
  full.wait = WaitMode::kSleep;
  full.cpu = 65534;
  full.message_bytes = 0;
  headers.push_back(full);
  return headers;
}

std::vector<FrameHeader> FrameHeaders() {
  return {{},
          {.sequence = 0xFFFFFFFF, .body_bytes = kMaxFrameBytes, .last = true, .body_crc = 1},
          {.sequence = 1, .body_bytes = 1, .last = false, .body_crc = 0xFFFFFFFF}};
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
  const auto bytes = Encode(MessageHeaders()[1]);
  constexpr std::array<unsigned char, 24> kExpected{
      'M',  'T',  2,    255,                        // magic, version, protocol
      0xEF, 0xBE, 0xAD, 0xDE,                       // parameter
      0xEF, 0xCD, 0xAB, 0x89, 0x67, 0x45, 0x23, 1,  // message bytes
      1,    1,    1,    0,                          // echo, spin, CPU 0 as 1
      0xEF, 0xCD, 0xAB, 0x89};                      // nonce
  EXPECT_EQ(std::memcmp(bytes.data(), kExpected.data(), kExpected.size()), 0);
  const auto frame = Encode(FrameHeaders()[1]);
  constexpr std::array<unsigned char, 12> kFrame{0xFF, 0xFF, 0xFF, 0xFF, 0, 0,
                                                 0x10, 0x80, 1,    0,    0, 0};
  EXPECT_EQ(std::memcmp(frame.data(), kFrame.data(), kFrame.size()), 0);
}

TEST(Frame, RoundTrip) {
  for (const MessageHeader& header : MessageHeaders()) {
    EXPECT_EQ(DecodeMessageHeader(Encode(header)), header);
  }
  for (const FrameHeader& header : FrameHeaders()) {
    EXPECT_EQ(DecodeFrameHeader(Encode(header)), header);
  }
}

// Every change of one or two bits.
template <typename Bytes, typename Decode>
void ExpectNoFlipPasses(const Bytes& good, const Decode& decode) {
  const std::size_t bits = good.size() * 8;
  const auto flip = [](Bytes bytes, std::size_t bit) {
    bytes[bit / 8] ^= std::byte{1} << (bit % 8);
    return bytes;
  };
  for (std::size_t i = 0; i < bits; ++i) {
    const Bytes one = flip(good, i);
    EXPECT_FALSE(decode(one)) << "bit " << i;
    for (std::size_t j = i + 1; j < bits; ++j) {
      EXPECT_FALSE(decode(flip(one, j))) << "bits " << i << " and " << j;
    }
  }
}

TEST(Frame, FlippedBitsAreFound) {
  for (const auto& header : MessageHeaders()) {
    ExpectNoFlipPasses(Encode(header),
                       [](const auto& bytes) { return DecodeMessageHeader(bytes); });
  }
  for (const auto& header : FrameHeaders()) {
    ExpectNoFlipPasses(Encode(header), [](const auto& bytes) { return DecodeFrameHeader(bytes); });
  }
}

TEST(Frame, MessageHeaderValuesOutOfRange) {
  struct Change {
    std::size_t at;
    int value;
  };
  const auto good = Encode(MessageHeader{});
  ASSERT_TRUE(DecodeMessageHeader(WithCrc(good)));
  for (const Change change : {Change{0, 'm'}, Change{1, 't'}, Change{2, 1}, Change{2, 3},
                              Change{16, 2}, Change{16, 0x80}, Change{17, 3}, Change{17, 255}}) {
    auto bytes = good;
    bytes[change.at] = static_cast<std::byte>(change.value);
    EXPECT_FALSE(DecodeMessageHeader(WithCrc(bytes))) << change.at << ' ' << change.value;
  }
}

TEST(Frame, BodyTooLarge) {
  const auto good = Encode(FrameHeader{.sequence = 0, .body_bytes = kMaxFrameBytes});
  ASSERT_TRUE(DecodeFrameHeader(WithCrc(good)));
  auto one_more = good;
  one_more[4] |= std::byte{1};
  EXPECT_FALSE(DecodeFrameHeader(WithCrc(one_more)));
  auto huge = good;
  huge[7] = std::byte{0x7f};
  EXPECT_FALSE(DecodeFrameHeader(WithCrc(huge)));
}

TEST(Frame, WrongLength) {
  const auto message = Encode(MessageHeader{});
  const auto frame = Encode(FrameHeader{});
  EXPECT_FALSE(DecodeMessageHeader(std::span(message).first(kMessageHeaderBytes - 1)));
  EXPECT_FALSE(DecodeFrameHeader(std::span(frame).first(kFrameHeaderBytes - 1)));
  EXPECT_FALSE(DecodeMessageHeader(frame));
  EXPECT_FALSE(DecodeFrameHeader(message));
  EXPECT_FALSE(DecodeMessageHeader({}));
  EXPECT_FALSE(DecodeFrameHeader({}));
}

TEST(Frame, GarbageIsRefused) {
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    MessageHeaderBytes message;
    FrameHeaderBytes frame;
    const auto byte = [&] { return static_cast<std::byte>(random()); };
    std::generate(message.begin(), message.end(), byte);
    std::generate(frame.begin(), frame.end(), byte);
    EXPECT_FALSE(DecodeMessageHeader(message));
    EXPECT_FALSE(DecodeFrameHeader(frame));
  }
  EXPECT_FALSE(DecodeMessageHeader(MessageHeaderBytes{}));
}

}  // namespace
}  // namespace minitalk

// The two headers on the wire, both little-endian, both with a CRC-32C of their own, both sent by
// stop-and-wait whatever the body's protocol is. Pure functions: no I/O, thread-safe.
//
//   message header, once            frame header, before each body
//   0   magic "MT"                  0   sequence number      u32
//   2   version 2                   4   body bytes, bit 31 set in the last frame  u32
//   3   protocol number             8   CRC-32C of the body  u32
//   4   protocol parameter   u32    12  CRC-32C of 0..11     u32
//   8   message bytes        u64
//   16  flags: bit 0 echo
//   17  wait mode
//   18  CPU + 1, or 0        u16
//   20  nonce                u32
//   24  CRC-32C of 0..23     u32
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/wire/link.h"

namespace minitalk {

inline constexpr std::size_t kMessageHeaderBytes = 28;
inline constexpr std::size_t kFrameHeaderBytes = 16;
inline constexpr std::uint32_t kMaxFrameBytes = 1 << 20;
// The length of a message that is still being read from a pipe.
inline constexpr std::uint64_t kUnknownLength = ~std::uint64_t{0};

// What the client says of a message before it sends it.
struct MessageHeader {
  std::uint8_t protocol_id = 0;
  std::uint32_t protocol_parameter = 0;
  std::uint64_t message_bytes = kUnknownLength;
  bool wants_echo = false;
  WaitMode wait = WaitMode::kAuto;  // the receiver's
  std::optional<int> cpu;           // the receiver's
  std::uint32_t nonce = 0;          // by which this conversation's payloads are known
  friend bool operator==(const MessageHeader&, const MessageHeader&) = default;
};

// What precedes each piece of the message.
struct FrameHeader {
  std::uint32_t sequence = 0;
  std::uint32_t body_bytes = 0;  // at most kMaxFrameBytes
  bool last = false;
  std::uint32_t body_crc = 0;
  friend bool operator==(const FrameHeader&, const FrameHeader&) = default;
};

using MessageHeaderBytes = std::array<std::byte, kMessageHeaderBytes>;
using FrameHeaderBytes = std::array<std::byte, kFrameHeaderBytes>;

// As they go over the wire, checksum included. REQUIRES: every value is within its range.
MessageHeaderBytes Encode(const MessageHeader& header);
FrameHeaderBytes Encode(const FrameHeader& header);

// Nothing: wrong magic, version or checksum, or a value out of its range.
std::optional<MessageHeader> DecodeMessageHeader(std::span<const std::byte> bytes);
std::optional<FrameHeader> DecodeFrameHeader(std::span<const std::byte> bytes);

}  // namespace minitalk

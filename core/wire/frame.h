// The header of a frame, by which each piece of a message begins: version 3 of the wire. Pure
// functions: no I/O, thread-safe.
//
//   byte     1011, of which the last three bits are the version; then four flags:
//            8 opens a message   4 options follow   2 ends the message   1 must be 0
//   byte     protocol number where it opens a message, else the sequence number's low byte
//   varint   body bytes
//   byte     options, where announced: 1 echo   6 wait mode, times 2   8 CPU   16 parameter
//            32 nonce   64 message bytes   128 must be 0; then those announced, in this order:
//            varint CPU, varint parameter, varint nonce, varint message bytes
//   u32      CRC-32C of all above and of the body
//   u16      CRC-16 (CCITT) of all above, so that nobody waits for a body of a wrong length
//
// So it is nine bytes for a short message. Without options there is no echo, the wait mode is auto,
// CPU, parameter and nonce are none or 0, and the message is as long as a body that ends it, else
// of unknown length. A varint has seven bits a byte, the lowest first, and bit 7 set in all bytes
// but the last; u16 and u32 are little-endian. What could be shorter, or has an unknown option, is
// refused.
//
// It travels in rounds of three bits, highest bit first (stop_and_wait.h), whatever the body's
// protocol is. The answer to the last round is USR1, or USR2 if the body is not wanted. A later
// version is refused in this way at its third round, and version 2 is recognised by its first
// signal, which is a shared one there and a private one here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "core/wire/link.h"

namespace minitalk {

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
  std::optional<int> cpu = {};      // the receiver's, at most 65535
  std::uint32_t nonce = 0;          // by which this conversation's payloads are known
  friend bool operator==(const MessageHeader&, const MessageHeader&) = default;
};

// What precedes each piece of the message.
struct FrameHeader {
  std::optional<MessageHeader> message = {};  // of the first one
  std::uint8_t sequence = 0;                  // counts the others, modulo 256
  std::uint32_t body_bytes = 0;               // at most kMaxFrameBytes
  bool last = false;
  std::uint32_t crc = 0;  // FrameCrc()
  friend bool operator==(const FrameHeader&, const FrameHeader&) = default;
};

// Of the body and of all that the header says.
std::uint32_t FrameCrc(const FrameHeader& header, std::span<const std::byte> body);

// As it goes over the wire. REQUIRES: every value is within its range.
std::vector<std::byte> Encode(const FrameHeader& header);

// Where a decoder takes its bytes from; nothing: they have ended.
using NextByte = std::function<std::optional<std::byte>()>;

// Takes as many bytes as the header has, or until it is none: kOk, kOtherVersion or kGarbled.
Status DecodeFrameHeader(const NextByte& next, FrameHeader* header);

}  // namespace minitalk

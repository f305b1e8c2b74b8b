#include "core/wire/frame.h"

#include <cassert>

#include "core/wire/crc32c.h"

namespace minitalk {
namespace {

constexpr std::uint16_t kMagic = 'M' | 'T' << 8;
constexpr std::uint8_t kVersion = 2;
constexpr std::uint8_t kEchoFlag = 1;
constexpr std::uint32_t kLastFrameBit = 1u << 31;
constexpr std::size_t kCrcBytes = 4;

// Writes little-endian integers one after the other.
class Writer {
 public:
  explicit Writer(std::span<std::byte> bytes) : bytes_(bytes) {}
  template <typename Integer>
  Writer& Put(Integer value) {
    for (std::size_t i = 0; i < sizeof value; ++i) {
      bytes_[at_++] = static_cast<std::byte>(std::uint64_t{value} >> (8 * i));
    }
    return *this;
  }
  void PutCrc() { Put(Crc32c(bytes_.first(at_))); }

 private:
  std::span<std::byte> bytes_;
  std::size_t at_ = 0;
};

class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}
  template <typename Integer>
  Integer Get() {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(Integer); ++i) {
      value |= std::to_integer<std::uint64_t>(bytes_[at_++]) << (8 * i);
    }
    return static_cast<Integer>(value);
  }

 private:
  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
};

// True if the last four bytes are the checksum of the rest.
bool CrcIsGood(std::span<const std::byte> bytes) {
  const auto content = bytes.first(bytes.size() - kCrcBytes);
  return Reader(bytes.last(kCrcBytes)).Get<std::uint32_t>() == Crc32c(content);
}

}  // namespace

MessageHeaderBytes Encode(const MessageHeader& header) {
  MessageHeaderBytes bytes{};
  const std::uint8_t flags = header.wants_echo ? kEchoFlag : 0;
  const auto cpu = static_cast<std::uint16_t>(header.cpu ? *header.cpu + 1 : 0);
  Writer(bytes)
      .Put(kMagic)
      .Put(kVersion)
      .Put(header.protocol_id)
      .Put(header.protocol_parameter)
      .Put(header.message_bytes)
      .Put(flags)
      .Put(static_cast<std::uint8_t>(header.wait))
      .Put(cpu)
      .Put(header.nonce)
      .PutCrc();
  return bytes;
}

FrameHeaderBytes Encode(const FrameHeader& header) {
  assert(header.body_bytes <= kMaxFrameBytes);
  FrameHeaderBytes bytes{};
  Writer(bytes)
      .Put(header.sequence)
      .Put(header.body_bytes | (header.last ? kLastFrameBit : 0))
      .Put(header.body_crc)
      .PutCrc();
  return bytes;
}

std::optional<MessageHeader> DecodeMessageHeader(std::span<const std::byte> bytes) {
  if (bytes.size() != kMessageHeaderBytes || !CrcIsGood(bytes)) return std::nullopt;
  Reader reader(bytes);
  if (reader.Get<std::uint16_t>() != kMagic) return std::nullopt;
  if (reader.Get<std::uint8_t>() != kVersion) return std::nullopt;
  MessageHeader header;
  header.protocol_id = reader.Get<std::uint8_t>();
  header.protocol_parameter = reader.Get<std::uint32_t>();
  header.message_bytes = reader.Get<std::uint64_t>();
  const auto flags = reader.Get<std::uint8_t>();
  const auto wait = reader.Get<std::uint8_t>();
  const auto cpu = reader.Get<std::uint16_t>();
  header.nonce = reader.Get<std::uint32_t>();
  if ((flags & ~kEchoFlag) != 0) return std::nullopt;
  if (wait > static_cast<std::uint8_t>(WaitMode::kSleep)) return std::nullopt;
  header.wants_echo = (flags & kEchoFlag) != 0;
  header.wait = static_cast<WaitMode>(wait);
  if (cpu != 0) header.cpu = cpu - 1;
  return header;
}

std::optional<FrameHeader> DecodeFrameHeader(std::span<const std::byte> bytes) {
  if (bytes.size() != kFrameHeaderBytes || !CrcIsGood(bytes)) return std::nullopt;
  Reader reader(bytes);
  FrameHeader header;
  header.sequence = reader.Get<std::uint32_t>();
  const auto length = reader.Get<std::uint32_t>();
  header.last = (length & kLastFrameBit) != 0;
  header.body_bytes = length & ~kLastFrameBit;
  header.body_crc = reader.Get<std::uint32_t>();
  if (header.body_bytes > kMaxFrameBytes) return std::nullopt;
  return header;
}

}  // namespace minitalk

#include "core/wire/frame.h"

#include <boost/crc.hpp>
#include <cassert>
#include <limits>

#include "core/wire/bits.h"
#include "core/wire/crc32c.h"

namespace minitalk {
namespace {

constexpr unsigned kVersion = 0b1011;
constexpr unsigned kFlagBits = 4;
// Flags of the first byte.
constexpr unsigned kOpens = 8;
constexpr unsigned kHasOptions = 4;
constexpr unsigned kLast = 2;
constexpr unsigned kUnknownFlags = 1;
// Options.
constexpr unsigned kEcho = 1;
constexpr unsigned kWait = 2;  // times the wait mode
constexpr unsigned kCpu = 8;
constexpr unsigned kParameter = 16;
constexpr unsigned kNonce = 32;
constexpr unsigned kLength = 64;
constexpr unsigned kUnknownOptions = 128;

constexpr unsigned kVarintBits = 7;
constexpr unsigned kMore = 1u << kVarintBits;
constexpr std::size_t kCrcBytes = 4;
constexpr std::size_t kCheckBytes = 2;

std::uint16_t Crc16(std::span<const std::byte> bytes) {
  boost::crc_ccitt_type crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return static_cast<std::uint16_t>(crc.checksum());
}

class Writer {
 public:
  void Byte(unsigned value) { bytes.push_back(static_cast<std::byte>(value)); }
  void Varint(std::uint64_t value) {
    for (; value >= kMore; value >>= kVarintBits) Byte(static_cast<unsigned>(value) | kMore);
    Byte(static_cast<unsigned>(value));
  }
  void Fixed(std::uint64_t value, std::size_t size) {
    for (; size > 0; --size, value >>= kBitsPerByte) Byte(static_cast<unsigned>(value));
  }

  std::vector<std::byte> bytes;
};

// Fails for good where the bytes end or a value is out of its range.
class Reader {
 public:
  explicit Reader(const NextByte& next) : next_(next) {}

  unsigned Byte() {
    const auto byte = ok_ ? next_() : std::nullopt;
    ok_ = byte.has_value();
    return ok_ ? std::to_integer<unsigned>(*byte) : 0;
  }
  template <typename Integer>
  Integer Varint(std::uint64_t most = std::numeric_limits<Integer>::max()) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; ok_; shift += kVarintBits) {
      const unsigned byte = Byte();
      const std::uint64_t part = byte & (kMore - 1);
      if (shift >= 64 || part << shift >> shift != part) return Fail<Integer>();
      value |= part << shift;
      if (byte < kMore) break;
    }
    return value <= most ? static_cast<Integer>(value) : Fail<Integer>();
  }
  std::uint32_t Fixed(std::size_t size) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value |= Byte() << (kBitsPerByte * i);
    return value;
  }

  bool ok() const { return ok_; }

 private:
  template <typename Integer>
  Integer Fail() {
    ok_ = false;
    return 0;
  }

  const NextByte& next_;
  bool ok_ = true;
};

// The length need not be said of a message that ends with this frame, or whose length is unknown.
bool SaysLength(const FrameHeader& header) {
  const std::uint64_t length = header.message->message_bytes;
  return length != kUnknownLength && !(header.last && length == header.body_bytes);
}

unsigned OptionsOf(const FrameHeader& header) {
  const MessageHeader& message = *header.message;
  return (message.wants_echo ? kEcho : 0) | kWait * static_cast<unsigned>(message.wait) |
         (message.cpu ? kCpu : 0) | (message.protocol_parameter != 0 ? kParameter : 0) |
         (message.nonce != 0 ? kNonce : 0) | (SaysLength(header) ? kLength : 0);
}

// All that comes before the checksums.
Writer WriteContent(const FrameHeader& header) {
  assert(header.body_bytes <= kMaxFrameBytes);
  const unsigned options = header.message ? OptionsOf(header) : 0;
  Writer writer;
  writer.Byte(kVersion << kFlagBits | (header.message ? kOpens : 0) |
              (options != 0 ? kHasOptions : 0) | (header.last ? kLast : 0));
  writer.Byte(header.message ? header.message->protocol_id : header.sequence);
  writer.Varint(header.body_bytes);
  if (options == 0) return writer;
  const MessageHeader& message = *header.message;
  writer.Byte(options);
  if (message.cpu) writer.Varint(static_cast<std::uint64_t>(*message.cpu));
  if ((options & kParameter) != 0) writer.Varint(message.protocol_parameter);
  if ((options & kNonce) != 0) writer.Varint(message.nonce);
  if ((options & kLength) != 0) writer.Varint(message.message_bytes);
  return writer;
}

// False: an option that nobody knows.
bool ReadOptions(Reader& reader, MessageHeader* message) {
  const unsigned options = reader.Byte();
  const unsigned wait = options / kWait & 3;
  if ((options & kUnknownOptions) != 0 || wait > static_cast<unsigned>(WaitMode::kSleep)) {
    return false;
  }
  message->wants_echo = (options & kEcho) != 0;
  message->wait = static_cast<WaitMode>(wait);
  if ((options & kCpu) != 0) message->cpu = reader.Varint<std::uint16_t>();
  if ((options & kParameter) != 0) message->protocol_parameter = reader.Varint<std::uint32_t>();
  if ((options & kNonce) != 0) message->nonce = reader.Varint<std::uint32_t>();
  if ((options & kLength) != 0) message->message_bytes = reader.Varint<std::uint64_t>();
  return true;
}

}  // namespace

std::uint32_t FrameCrc(const FrameHeader& header, std::span<const std::byte> body) {
  Writer writer = WriteContent(header);
  return Crc32c(writer.bytes, body);
}

std::vector<std::byte> Encode(const FrameHeader& header) {
  Writer writer = WriteContent(header);
  writer.Fixed(header.crc, kCrcBytes);
  writer.Fixed(Crc16(writer.bytes), kCheckBytes);
  return std::move(writer.bytes);
}

Status DecodeFrameHeader(const NextByte& next, FrameHeader* header) {
  std::vector<std::byte> seen;
  const NextByte tap = [&] {
    const auto byte = next();
    if (byte) seen.push_back(*byte);
    return byte;
  };
  Reader reader(tap);
  const unsigned head = reader.Byte();
  if (!reader.ok()) return Status::kGarbled;
  if (head >> kFlagBits != kVersion) return Status::kOtherVersion;
  const bool opens = (head & kOpens) != 0;
  const bool has_options = (head & kHasOptions) != 0;
  if ((head & kUnknownFlags) != 0 || (has_options && !opens)) return Status::kGarbled;
  *header = {};
  header->last = (head & kLast) != 0;
  const auto number = static_cast<std::uint8_t>(reader.Byte());
  header->body_bytes = reader.Varint<std::uint32_t>(kMaxFrameBytes);
  if (opens) {
    MessageHeader& message = header->message.emplace();
    message.protocol_id = number;
    if (header->last) message.message_bytes = header->body_bytes;
    if (has_options && !ReadOptions(reader, &message)) return Status::kGarbled;
  } else {
    header->sequence = number;
  }
  header->crc = reader.Fixed(kCrcBytes);
  reader.Fixed(kCheckBytes);
  // The check included; and there is but one way to write a header.
  return reader.ok() && Encode(*header) == seen ? Status::kOk : Status::kGarbled;
}

}  // namespace minitalk

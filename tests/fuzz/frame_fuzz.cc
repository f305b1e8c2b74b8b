// The header decoders: whatever comes in is refused, or encodes back to exactly the same bytes.
// The checksum is repaired first on every second input, or nothing would ever get past it.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <span>

#include "core/wire/crc32c.h"
#include "core/wire/frame.h"

namespace minitalk {
namespace {

constexpr std::size_t kCrcBytes = 4;

void RepairCrc(std::span<std::byte> header) {
  const std::uint32_t crc = Crc32c(header.first(header.size() - kCrcBytes));
  for (std::size_t i = 0; i < kCrcBytes; ++i) {
    header[header.size() - kCrcBytes + i] = static_cast<std::byte>(crc >> (8 * i));
  }
}

template <std::size_t kSize, typename Decode>
void Check(std::span<const std::byte> input, bool repair, Decode decode) {
  std::array<std::byte, kSize> bytes{};
  std::ranges::copy(input.first(std::min(input.size(), kSize)), bytes.begin());
  if (repair) RepairCrc(bytes);
  const auto header = decode(bytes);
  if (header && Encode(*header) != bytes) std::abort();
  if (input.size() != kSize && decode(input)) std::abort();  // only the exact length is a header
}

}  // namespace
}  // namespace minitalk

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minitalk;
  const auto input = std::as_bytes(std::span(data, size));
  const bool repair = size > 0 && data[size - 1] % 2 == 0;
  Check<kMessageHeaderBytes>(input, repair, DecodeMessageHeader);
  Check<kFrameHeaderBytes>(input, repair, DecodeFrameHeader);
  return 0;
}

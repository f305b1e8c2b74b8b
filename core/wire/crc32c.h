// CRC-32C (Castagnoli, RFC 3720 appendix B.4) by Boost.CRC; zlib has only the older polynomial.
#pragma once

#include <boost/crc.hpp>
#include <cstdint>
#include <span>

namespace minitalk {

// Of all the bytes, and of those that follow them; 0 for none.
inline std::uint32_t Crc32c(std::span<const std::byte> bytes,
                            std::span<const std::byte> more = {}) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  crc.process_bytes(more.data(), more.size());
  return crc.checksum();
}

}  // namespace minitalk

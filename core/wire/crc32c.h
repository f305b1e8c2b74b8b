// CRC-32C (Castagnoli, RFC 3720 appendix B.4) by Boost.CRC; zlib has only the older polynomial.
#pragma once

#include <boost/crc.hpp>
#include <cstdint>
#include <span>

namespace minitalk {

// Of all the bytes at once; 0 for none.
inline std::uint32_t Crc32c(std::span<const std::byte> bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

}  // namespace minitalk

// The texts that an external pair is told: as the bench's payloads, but none like the one before,
// so that an old one on the terminal is not taken for a new one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "bench/payload.h"

namespace minitalk {

// A series of texts, a function of its arguments: the same in every run.
class ExternalTexts {
 public:
  // REQUIRES: payload is kText or kUtf8; size_bytes > 0.
  ExternalTexts(PayloadKind payload, std::size_t size_bytes, std::uint64_t seed)
      : payload_(payload), size_bytes_(size_bytes), seed_(seed) {}

  // Valid UTF-8 without a zero byte, of that size. A text of one byte is none that stands in
  // `banner`, what the server prints of itself.
  std::string Next(std::uint32_t number, std::string_view banner) const;

  // How many of the bytes that are found at the beginning of a lost text may be believed to be its
  // own: a few of them stand in any output.
  std::size_t Believe(std::size_t found) const;

 private:
  PayloadKind payload_;
  std::size_t size_bytes_;
  std::uint64_t seed_;
};

}  // namespace minitalk

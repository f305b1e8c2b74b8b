#include "bench/carriers/kernel_calls.h"

#include <sys/random.h>

#include <array>

namespace minitalk {

std::string PrivatePath(std::string_view folder) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<unsigned char, 16> random{};
  // So few bytes are never delivered in part.
  Require(static_cast<int>(Persist([&] { return getrandom(random.data(), random.size(), 0); })),
          "getrandom");
  std::string path(folder);
  path += "/minitalk-carrier-";
  for (const unsigned char byte : random) {
    path += kDigits[byte >> 4];
    path += kDigits[byte & 0xf];
  }
  return path;
}

}  // namespace minitalk

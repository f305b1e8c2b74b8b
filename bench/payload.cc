#include "bench/payload.h"

#include <random>
#include <string>

namespace minitalk {
namespace {

constexpr std::array<std::string_view, 16> kWords{
    "signal", "the",  "process", "waits", "and", "bit",  "a",       "kernel",
    "lost",   "turn", "slot",    "never", "is",  "sent", "pending", "again"};
constexpr std::string_view kUtf8Sample =
    "\u00fcber \u65e5\u672c\u8a9e \u0440\u0443\u0441\u0441\u043a\u0438\u0439 "
    "\u0627\u0644\u0639\u0631\u0628\u064a\u0629 \U0001F600\U0001F680 na\u00efve ";

// Cuts or repeats to size.
template <typename Next>
std::string Fill(std::size_t size, Next next) {
  std::string text;
  while (text.size() < size) text += next();
  text.resize(size);
  return text;
}

std::string MakeText(PayloadKind payload, std::size_t size, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  switch (payload) {
    case PayloadKind::kText:
      return Fill(size, [&] { return std::string(kWords[random() % kWords.size()]) + " "; });
    case PayloadKind::kRandom:
      return Fill(size, [&] { return std::string(1, static_cast<char>(random() & 0xff)); });
    case PayloadKind::kZeros:
      return std::string(size, '\0');
    case PayloadKind::kOnes:
      return std::string(size, '\xff');
    case PayloadKind::kUtf8:
      return Fill(size, [] { return std::string(kUtf8Sample); });
  }
  return {};
}

}  // namespace

std::string_view ToString(PayloadKind payload) {
  constexpr std::array<std::string_view, 5> kNames{"text", "random", "zeros", "ones", "utf8"};
  return kNames[static_cast<std::size_t>(payload)];
}

std::vector<std::byte> MakePayload(PayloadKind payload, std::size_t size, std::uint64_t seed) {
  const std::string text = MakeText(payload, size, seed);
  const auto* first = reinterpret_cast<const std::byte*>(text.data());
  return {first, first + text.size()};
}

}  // namespace minitalk

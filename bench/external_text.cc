#include "bench/external_text.h"

#include <utf8.h>

#include <algorithm>

namespace minitalk {
namespace {

constexpr std::string_view kDigits =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::size_t kStampBytes = 4;

// Seldom in what programs say of themselves.
constexpr std::string_view kRare = "QZXJqzxjKWVYkwvy";

std::string Stamp(std::uint32_t number, std::size_t width) {
  std::string stamp(width, kDigits[0]);
  std::size_t left = number;
  for (auto digit = stamp.rbegin(); digit != stamp.rend(); ++digit, left /= kDigits.size()) {
    *digit = kDigits[left % kDigits.size()];
  }
  return stamp;
}

char OneByte(std::uint32_t number, std::string_view banner) {
  std::string left(kRare);
  std::erase_if(left, [&](char c) { return banner.find(c) != std::string::npos; });
  const std::string_view choice = left.size() < 2 ? kRare : left;
  return choice[number % choice.size()];
}

}  // namespace

std::string ExternalTexts::Next(std::uint32_t number, std::string_view banner) const {
  if (size_bytes_ == 1) return {OneByte(number, banner)};
  const std::size_t width = std::min(size_bytes_, kStampBytes);
  std::string text = Stamp(number, width);
  for (const std::byte byte : MakePayload(payload_, size_bytes_ - width, seed_ + number)) {
    text += std::to_integer<char>(byte);
  }
  // The size may have cut the last character.
  std::fill(utf8::find_invalid(text.begin(), text.end()), text.end(), '.');
  return text;
}

std::size_t ExternalTexts::Believe(std::size_t found) const {
  return found < std::min(size_bytes_, kStampBytes) ? 0 : found;
}

}  // namespace minitalk

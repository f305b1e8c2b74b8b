// Whole numbers as users write them: decimal, and nothing around them.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>

namespace minitalk {

// Nothing: `text` is not a decimal number from end to end, or too large for its type. A minus sign
// is taken by signed types only; blanks and plus signs never are.
template <std::integral Number>
std::optional<Number> ParseWhole(std::string_view text) {
  Number value = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc{} || end != last) return std::nullopt;
  return value;
}

}  // namespace minitalk

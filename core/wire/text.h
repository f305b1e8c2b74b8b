// Words as users type them: whole numbers, and the name that a mistyped one probably meant. Pure
// functions, thread-safe.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace minitalk {

// A decimal number. Nothing: `text` is not one from end to end, or too large for its type. A minus
// sign is taken by signed types only; blanks and plus signs never are.
template <std::integral Number>
std::optional<Number> ParseWhole(std::string_view text) {
  Number value = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc{} || end != last) return std::nullopt;
  return value;
}

// How many letters have to be inserted, removed, replaced or exchanged with their neighbour to get
// from one to the other, none of them twice (optimal string alignment). Capitals count as small.
std::size_t EditDistance(std::string_view a, std::string_view b);

// The first of the nearest names. Nothing: none is near, that is, more than a third of the letters
// would have to change (but one may always, if another stays). A view into `names`.
std::optional<std::string_view> Nearest(std::string_view typed,
                                        std::span<const std::string_view> names);

// ` (did you mean "ack"?)`, to go behind the name in an error; empty where none is near, or where
// the name is right and something else is wrong.
std::string DidYouMean(std::string_view typed, std::span<const std::string_view> names);

// The same for a regular expression on names that are followed by a slash and more: what it begins
// with is taken for the name.
std::string DidYouMeanIn(std::string_view pattern, std::span<const std::string_view> names);

}  // namespace minitalk

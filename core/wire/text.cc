#include "core/wire/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace minitalk {
namespace {

char Small(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

}  // namespace

std::size_t EditDistance(std::string_view a, std::string_view b) {
  // Rows of the usual table: of the first i letters of a, the first i - 1, the first i - 2.
  std::vector<std::size_t> row(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> above_that(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(above_that, above);
    std::swap(above, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = Small(a[i - 1]) == Small(b[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
      const bool exchanged = i > 1 && j > 1 && Small(a[i - 1]) == Small(b[j - 2]) &&
                             Small(a[i - 2]) == Small(b[j - 1]);
      if (exchanged) row[j] = std::min(row[j], above_that[j - 2] + 1);
    }
  }
  return row[b.size()];
}

std::optional<std::string_view> Nearest(std::string_view typed,
                                        std::span<const std::string_view> names) {
  std::optional<std::string_view> nearest;
  std::size_t least = 0;
  for (const std::string_view name : names) {
    const std::size_t longer = std::max(typed.size(), name.size());
    const std::size_t most = std::max<std::size_t>(1, longer / 3);
    // A command line may be long.
    if (longer - std::min(typed.size(), name.size()) > most) continue;
    const std::size_t distance = EditDistance(typed, name);
    if (distance > most || distance >= longer || (nearest && distance >= least)) continue;
    nearest = name;
    least = distance;
  }
  return nearest;
}

std::string DidYouMean(std::string_view typed, std::span<const std::string_view> names) {
  const auto nearest = Nearest(typed, names);
  return nearest && *nearest != typed ? fmt::format(" (did you mean \"{}\"?)", *nearest) : "";
}

std::string DidYouMeanIn(std::string_view pattern, std::span<const std::string_view> names) {
  pattern.remove_prefix(std::min(pattern.find_first_not_of("-^("), pattern.size()));
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
  return DidYouMean(pattern.substr(0, pattern.find_first_not_of(kLetters)), names);
}

}  // namespace minitalk

// The few statistics that the reports need, as pure functions.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

namespace minitalk {

// REQUIRES: !values.empty().
inline double Median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

// The value below which `percent` of the sample lie. Nothing if fewer than ten lie beyond it:
// such a percentile says more about luck than about the system (docs/methodology.md).
inline std::optional<double> Percentile(std::vector<double> values, double percent) {
  constexpr double kFewestBeyond = 10;
  const auto count = static_cast<double>(values.size());
  const double beyond = count * std::min(percent, 100 - percent) / 100;
  if (beyond < kFewestBeyond) return std::nullopt;
  const auto rank = static_cast<std::size_t>(count * percent / 100);
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(rank));
  return values[rank];
}

}  // namespace minitalk

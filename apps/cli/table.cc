#include "apps/cli/table.h"

#include <fmt/format.h>

#include <algorithm>

#include "apps/cli/screen.h"

namespace minitalk {
namespace {

constexpr std::size_t kDropped = 0;
// A column that wraps is not made narrower than this while another one can be left out, nor ever
// narrower than the second.
constexpr std::size_t kComfortable = 28;
constexpr std::size_t kNarrowest = 8;

std::vector<std::string> SplitLines(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t start = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', start)) {
    lines.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  lines.push_back(text.substr(start));
  return lines;
}

}  // namespace

std::size_t Table::LongestCell(std::size_t column) const {
  std::size_t longest = columns_[column].heading.size();
  for (const Row& row : rows_) {
    if (!row.cells.empty()) longest = std::max(longest, row.cells[column].size());
  }
  return longest;
}

std::size_t Table::Sum(const Widths& widths) const {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    if (widths[i] != kDropped) sum += widths[i] + (sum > 0 ? columns_[i].gap : 0);
  }
  return sum;
}

Table::Widths Table::WideWidths() const {
  Widths widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    widths.push_back(std::max(columns_[i].width, LongestCell(i)));
  }
  return widths;
}

std::size_t Table::Width() const { return Sum(WideWidths()); }

Table::Widths Table::Fit(std::size_t columns) const {
  Widths widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) widths.push_back(LongestCell(i));
  const auto shrink = [&](std::size_t least) {
    for (std::size_t i = 0; i < widths.size() && Sum(widths) > columns; ++i) {
      if (!columns_[i].wraps || widths[i] <= least) continue;
      const std::size_t excess = Sum(widths) - columns;
      widths[i] = std::max(least, widths[i] - std::min(widths[i], excess));
    }
  };
  for (;;) {
    const Widths whole = widths;
    shrink(kComfortable);
    if (Sum(widths) <= columns) return widths;
    std::size_t victim = 0;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      if (widths[i] == kDropped || columns_[i].drop == 0) continue;
      if (columns_[victim].drop == 0 || widths[victim] == kDropped ||
          columns_[i].drop > columns_[victim].drop) {
        victim = i;
      }
    }
    if (columns_[victim].drop == 0 || widths[victim] == kDropped) break;
    widths = whole;
    widths[victim] = kDropped;
  }
  shrink(kNarrowest);
  return widths;
}

std::string Table::Lines(const std::vector<std::string>& cells, const Widths& widths) const {
  std::vector<std::vector<std::string>> parts;
  std::size_t height = 1;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    parts.push_back(widths[i] == kDropped ? std::vector<std::string>{}
                    : cells[i].size() <= widths[i] || !columns_[i].wraps
                        ? std::vector<std::string>{cells[i]}
                        : SplitLines(Wrap(cells[i], widths[i], 1)));
    height = std::max(height, parts.back().size());
  }
  std::string text;
  for (std::size_t y = 0; y < height; ++y) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (widths[i] == kDropped) continue;
      if (!line.empty()) line.append(columns_[i].gap, ' ');
      const std::string part = y < parts[i].size() ? parts[i][y] : "";
      line += columns_[i].align == Align::kLeft ? fmt::format("{:<{}}", part, widths[i])
                                                : fmt::format("{:>{}}", part, widths[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

std::string Table::Render(std::optional<std::size_t> columns) const {
  const bool is_wide = !columns || Width() <= *columns;
  const Widths widths = is_wide ? WideWidths() : Fit(*columns);
  std::vector<std::string> headings;
  std::string dropped;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    headings.push_back(columns_[i].heading);
    if (widths[i] == kDropped && !columns_[i].heading.empty()) {
      dropped += (dropped.empty() ? "" : ", ") + columns_[i].heading;
    }
  }
  std::string text = Lines(headings, widths);
  for (const Row& row : rows_) {
    text += row.cells.empty() ? row.line + '\n' : Lines(row.cells, widths);
  }
  if (dropped.empty()) return text;
  return text + '\n' +
         Wrap(fmt::format("Left out, as this terminal is narrow: {}. {} columns, a file or a pipe "
                          "have room for all.",
                          dropped, Width()),
              *columns) +
         '\n';
}

}  // namespace minitalk

// A table for people: as wide as it is in a file or pipe, narrower on a terminal that is.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace minitalk {

// To which side of its column a cell goes.
enum class Align : std::uint8_t { kLeft, kRight };

// What a column is where there is room, and what becomes of it where there is not.
struct Column {
  std::string heading;
  std::size_t width = 0;  // the least, where the width of the whole is not limited
  Align align = Align::kLeft;
  int drop = 0;         // the highest goes first; 0: stays
  bool wraps = false;   // its words may go on in further lines
  std::size_t gap = 1;  // blanks before it, but for the first
};

// Cells are ASCII. Lines between rows are printed as they are.
class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // REQUIRES: a cell for each column.
  void AddRow(std::vector<std::string> cells) { rows_.push_back({std::move(cells), {}}); }
  void AddLine(std::string line) { rows_.push_back({{}, std::move(line)}); }

  // Of the whole with every column, nothing wrapped.
  std::size_t Width() const;
  // With at most `columns` columns of characters, if given: as far as they reach nothing is cut,
  // and what was left out is named below.
  std::string Render(std::optional<std::size_t> columns) const;

 private:
  struct Row {
    std::vector<std::string> cells;
    std::string line;  // in place of cells
  };
  using Widths = std::vector<std::size_t>;

  std::size_t LongestCell(std::size_t column) const;
  std::size_t Sum(const Widths& widths) const;
  Widths WideWidths() const;
  Widths Fit(std::size_t columns) const;
  std::string Lines(const std::vector<std::string>& cells, const Widths& widths) const;

  std::vector<Column> columns_;
  std::vector<Row> rows_;
};

}  // namespace minitalk

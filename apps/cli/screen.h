// Text for a terminal: how wide it is, words wrapped to it, a line that is written over.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace minitalk {

// What help and lists keep to.
inline constexpr std::size_t kHelpColumns = 80;

// Of the terminal that the descriptor is, 80 if it does not know; nothing where it is none.
std::optional<std::size_t> TerminalColumns(int descriptor);

// The words of `text` in lines of at most `width` columns, where no word is longer; all but the
// first begin with `indent` blanks, which count. `first` columns of the first line are taken.
std::string Wrap(std::string_view text, std::size_t width, std::size_t indent = 0,
                 std::size_t first = 0);

// A name, and what it means from column `indent` on; lines, of at most `width` columns.
std::string Entry(std::string_view name, std::string_view meaning, std::size_t indent,
                  std::size_t width = kHelpColumns);

// Writes a line of progress over the last one, on standard error, cut to the terminal's width:
// a longer one would go on in the next line, where nothing can be written over any more.
// REQUIRES: CanShowProgress().
void ShowProgress(std::string_view line);

// Takes it away again.
void ClearProgress();

}  // namespace minitalk

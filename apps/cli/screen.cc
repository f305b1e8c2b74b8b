#include "apps/cli/screen.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/os/log.h"

namespace minitalk {

std::optional<std::size_t> TerminalColumns(int descriptor) {
  if (isatty(descriptor) == 0) return std::nullopt;
  winsize size = {};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kHelpColumns;
  return size.ws_col;
}

std::string Wrap(std::string_view text, std::size_t width, std::size_t indent, std::size_t first) {
  std::string wrapped;
  std::size_t column = first;
  bool begins = true;
  while (true) {
    const std::size_t start = text.find_first_not_of(' ');
    if (start == std::string_view::npos) return wrapped;
    const std::string_view word = text.substr(start, text.find(' ', start) - start);
    text.remove_prefix(start + word.size());
    if (begins) {
      column += word.size();
    } else if (column + 1 + word.size() <= width) {
      wrapped += ' ';
      column += 1 + word.size();
    } else {
      wrapped += '\n' + std::string(indent, ' ');
      column = indent + word.size();
    }
    wrapped += word;
    begins = false;
  }
}

std::string Entry(std::string_view name, std::string_view meaning, std::size_t indent,
                  std::size_t width) {
  if (meaning.empty()) return fmt::format("{}\n", name);
  const bool fits = name.size() < indent;
  const std::string gap =
      fits ? std::string(indent - name.size(), ' ') : '\n' + std::string(indent, ' ');
  return fmt::format("{}{}{}\n", name, gap, Wrap(meaning, width, indent, indent));
}

void ShowProgress(std::string_view line) {
  // In the last column a terminal may already be about to begin the next line.
  const std::size_t columns = TerminalColumns(STDERR_FILENO).value_or(kHelpColumns);
  PrintError("\r{}\033[K", line.substr(0, columns - 1));
}

void ClearProgress() { PrintError("\r\033[K"); }

}  // namespace minitalk

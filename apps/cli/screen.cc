#include "apps/cli/screen.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

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

std::string HumanBytes(double bytes) {
  for (const char* unit : {"GB", "MB", "kB"}) {
    const double size = *unit == 'G' ? 1e9 : *unit == 'M' ? 1e6 : 1e3;
    if (bytes >= size) return fmt::format("{:.2f} {}", bytes / size, unit);
  }
  return fmt::format("{:.0f} B", bytes);
}

ProgressLine::ProgressLine(std::uint64_t total, bool enabled, std::chrono::milliseconds delay)
    : total_(total), enabled_(enabled && CanShowProgress()), next_(start_ + delay) {}

void ProgressLine::Show(std::uint64_t done, std::string_view text) {
  constexpr std::chrono::milliseconds kRefresh{100};
  constexpr std::size_t kCells = 24;
  if (!enabled_) return;
  shown_ = true;
  next_ = Clock::now() + kRefresh;
  std::string line;
  if (total_ > 0) {
    const double share = static_cast<double>(std::min(done, total_)) / static_cast<double>(total_);
    const auto full = static_cast<std::size_t>(share * kCells);
    line = fmt::format("[{:=<{}}{: <{}}] {:3.0f} %  ", "", full, "", kCells - full, share * 100);
    const double left = share > 0 ? elapsed().count() * (1 - share) / share : 0;
    if (share > 0) line += fmt::format("{:.0f} s left  ", left);
  }
  line += text;
  // In the last column a terminal may already be about to begin the next line, where nothing can be
  // written over any more.
  const std::size_t columns = TerminalColumns(STDERR_FILENO).value_or(kHelpColumns);
  PrintError("\r{}\033[K", line.substr(0, columns - 1));
}

void ProgressLine::Clear() {
  if (std::exchange(shown_, false)) PrintError("\r\033[K");
}

}  // namespace minitalk

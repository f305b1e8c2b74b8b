// Text for a terminal: how wide it is, words wrapped to it, a line of progress.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
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

// "5.21 kB".
std::string HumanBytes(double bytes);

// A line of progress on standard error that is written over; only on a terminal that can do that.
// Owns the terminal's current line while it is shown. Not thread-safe.
class ProgressLine {
 public:
  // `total`: what is all of it; 0: nobody knows. Nothing is shown before `delay` has passed.
  ProgressLine(std::uint64_t total, bool enabled, std::chrono::milliseconds delay = {});
  ~ProgressLine() { Clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  bool enabled() const { return enabled_; }
  std::chrono::duration<double> elapsed() const { return Clock::now() - start_; }
  // A bar, the share, the time left, and the text, of which a narrow terminal cuts off the end.
  void Show(std::uint64_t done, std::string_view text);
  // The same, at most ten times a second.
  template <typename MakeText>
  void ShowNowAndThen(std::uint64_t done, MakeText text) {
    if (enabled_ && Clock::now() >= next_) Show(done, text());
  }
  // Takes the line away.
  void Clear();

 private:
  using Clock = std::chrono::steady_clock;

  std::uint64_t total_;
  bool enabled_;
  bool shown_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point next_;
};

}  // namespace minitalk

#include "bench/display.h"

#include <fmt/format.h>

#include "apps/cli/screen.h"
#include "core/os/log.h"

namespace minitalk {
namespace {

constexpr std::size_t kBarCells = 24;

}  // namespace

Display::Display(std::size_t total)
    : terminal_(CanShowProgress()), total_(total), start_(std::chrono::steady_clock::now()) {}

void Display::Begin(const std::string& name) {
  if (!terminal_) return;
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  const std::size_t cells = total_ > 0 ? done_ * kBarCells / total_ : 0;
  const std::string left =
      done_ < 5 ? ""
                : fmt::format(" {:.0f} s left", elapsed.count() / static_cast<double>(done_) *
                                                    static_cast<double>(total_ - done_));
  // The name goes last: on a narrow terminal its end is cut off.
  ShowProgress(fmt::format("[{:=<{}}{: <{}}] {:>3}/{}{} {}", "", cells, "", kBarCells - cells,
                           done_, total_, left, name));
}

void Display::End(const std::string& name, bool row_complete, const std::string& summary) {
  ++done_;
  if (!terminal_ && row_complete) {
    PrintError("[{:>3}/{}] {:<36} {}\n", done_, total_, name, summary);
  }
}

void Display::Finish() const {
  if (terminal_) ClearProgress();
}

}  // namespace minitalk

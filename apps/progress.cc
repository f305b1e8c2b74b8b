#include "apps/progress.h"

#include <fmt/format.h>

#include <string>

#include "apps/cli/screen.h"
#include "core/os/log.h"
#include "core/wire/frame.h"

namespace minitalk {
namespace {

constexpr std::chrono::milliseconds kShowAfter{500};
constexpr std::chrono::milliseconds kRefresh{100};
constexpr int kBarCells = 30;

std::string Human(double bytes) {
  for (const char* unit : {"B", "kB", "MB"}) {
    if (bytes < 1000) return fmt::format("{:.{}f} {}", bytes, *unit == 'B' ? 0 : 1, unit);
    bytes /= 1000;
  }
  return fmt::format("{:.1f} GB", bytes);
}

}  // namespace

ProgressLine::ProgressLine(std::uint64_t total, bool enabled)
    : total_(total),
      enabled_(enabled && CanShowProgress()),
      start_(std::chrono::steady_clock::now()),
      next_(start_ + kShowAfter) {}

ProgressLine::~ProgressLine() {
  if (shown_) ClearProgress();
}

void ProgressLine::Update(std::uint64_t done) {
  const auto now = std::chrono::steady_clock::now();
  if (!enabled_ || now < next_) return;
  next_ = now + kRefresh;
  shown_ = true;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const double rate = static_cast<double>(done) / seconds;
  if (total_ == kUnknownLength || total_ == 0) {
    ShowProgress(fmt::format("{}  {}/s", Human(static_cast<double>(done)), Human(rate)));
    return;
  }
  const double share = static_cast<double>(done) / static_cast<double>(total_);
  const int cells = static_cast<int>(share * kBarCells);
  ShowProgress(fmt::format("[{:=<{}}{: <{}}] {:3.0f} %  {}/s  {:.0f} s left", "", cells, "",
                           kBarCells - cells, share * 100, Human(rate),
                           rate > 0 ? static_cast<double>(total_ - done) / rate : 0.0));
}

}  // namespace minitalk

// A one-line progress display on standard error: shown only on a terminal, and only once the
// transfer has lasted long enough to be worth it.
#pragma once

#include <chrono>
#include <cstdint>

namespace minitalk {

// Owns the terminal's current line while it is shown.
class ProgressLine {
 public:
  // `total` may be kUnknownLength. `enabled`: off for --quiet.
  ProgressLine(std::uint64_t total, bool enabled);
  ~ProgressLine();  // wipes the line
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void Update(std::uint64_t done);

 private:
  std::uint64_t total_;
  bool enabled_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace minitalk

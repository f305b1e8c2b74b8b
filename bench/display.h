// What a person sees while the runner works: one line that is rewritten on a terminal, plain lines
// elsewhere (CI keeps them all).
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace minitalk {

// Of one run: Begin() and End() for each trial in turn. Finish() takes the line away, as does its
// end.
class Display {
 public:
  // `total`: how many trials there will be. Writes to standard error.
  explicit Display(std::size_t total);
  ~Display() { Finish(); }
  Display(const Display&) = delete;
  Display& operator=(const Display&) = delete;

  void Begin(const std::string& name);
  // `row_complete`: that was the row's last repetition, `summary` says what came out.
  void End(const std::string& name, bool row_complete, const std::string& summary);
  void Finish() const;

 private:
  bool terminal_;
  std::size_t total_;
  std::size_t done_ = 0;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace minitalk

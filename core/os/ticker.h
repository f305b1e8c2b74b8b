// A periodic SIGALRM, by which a process that sleeps in a wait for signals measures time. It counts
// the time in which the process runs: being stopped and continued is not mistaken for a silence.
#pragma once

#include <chrono>

namespace minitalk {

// Ticks as long as it lives. The process has one such timer (ITIMER_REAL): REQUIRES that no other
// Ticker is alive. Throws std::system_error.
class Ticker {
 public:
  explicit Ticker(std::chrono::milliseconds period);
  ~Ticker();
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;
};

}  // namespace minitalk

#include "core/os/ticker.h"

#include <sys/time.h>

#include "core/os/system_error.h"

namespace minitalk {

Ticker::Ticker(std::chrono::milliseconds period) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(period);
  const timeval every = {.tv_sec = seconds.count(),
                         .tv_usec = std::chrono::microseconds(period - seconds).count()};
  const itimerval timer = {.it_interval = every, .it_value = every};
  Require(setitimer(ITIMER_REAL, &timer, nullptr), "setitimer");
}

Ticker::~Ticker() {
  const itimerval never = {};
  setitimer(ITIMER_REAL, &never, nullptr);
}

}  // namespace minitalk

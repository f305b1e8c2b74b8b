// Load on purpose: processes that do nothing but use the CPU, as long as the object lives.
#pragma once

#include <deque>

#include "core/os/child.h"

namespace minitalk {

// Throws std::system_error where the machine refuses to fork: less load than a result says would be
// another measurement.
class BusyProcesses {
 public:
  explicit BusyProcesses(int count);

 private:
  std::deque<ChildProcess> processes_;
};

}  // namespace minitalk

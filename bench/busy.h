// Load on purpose: processes that do nothing but use the CPU, as long as the object lives.
#pragma once

#include <sys/types.h>

#include <vector>

namespace minitalk {

// Throws std::system_error where the machine refuses to fork: less load than a result says would be
// another measurement.
class BusyProcesses {
 public:
  explicit BusyProcesses(int count);
  ~BusyProcesses();
  BusyProcesses(const BusyProcesses&) = delete;
  BusyProcesses& operator=(const BusyProcesses&) = delete;

 private:
  BusyProcesses() = default;
  std::vector<pid_t> pids_;
};

}  // namespace minitalk

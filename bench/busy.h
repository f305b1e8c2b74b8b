// Load on purpose: processes that do nothing but use the CPU, as long as the object lives.
#pragma once

#include <sys/types.h>

#include <vector>

namespace minitalk {

// Fewer than asked for where the machine refuses to fork.
class BusyProcesses {
 public:
  explicit BusyProcesses(int count);
  ~BusyProcesses();
  BusyProcesses(const BusyProcesses&) = delete;
  BusyProcesses& operator=(const BusyProcesses&) = delete;

 private:
  std::vector<pid_t> pids_;
};

}  // namespace minitalk

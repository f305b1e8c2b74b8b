// A forked child of minitalk-carrier, which never outlives the object nor the program.
#pragma once

#include <functional>
#include <optional>

#include "core/os/kernel_link.h"

namespace minitalk {

// Owns the child: nobody else may wait for it.
class Worker {
 public:
  // `body` returns the child's exit code. Throws std::system_error if the machine refuses.
  explicit Worker(const std::function<int()>& body);
  ~Worker();  // kills it unless it has ended
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Its exit code, or 128 + the signal that killed it. Nothing: it runs.
  std::optional<int> Ended();

 private:
  pid_t pid_;
  std::optional<Process> process_;
  std::optional<int> code_;
};

}  // namespace minitalk

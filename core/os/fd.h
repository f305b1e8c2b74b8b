// A file descriptor that closes itself, and the care of the standard ones.
#pragma once

#include <unistd.h>

#include <utility>

namespace minitalk {

// Owns a descriptor, or none (-1). Moves, does not copy.
class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

 private:
  int fd_;
};

// A standard descriptor that is closed would be reused by the next file that we open, and a message
// would go there. Fills such gaps with one that only refuses. Call it first in main().
void FillStandardDescriptors();

}  // namespace minitalk

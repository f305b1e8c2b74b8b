// Memory that several processes see.
#pragma once

#include <sys/mman.h>

#include <new>

#include "core/os/system_error.h"

namespace minitalk {

// A T that the processes which are forked from now on share. It has no name, so it ends with the
// last of them; for the same reason nobody destroys the T. The constructor throws
// std::system_error.
template <typename T>
class SharedMemory {
 public:
  SharedMemory() {
    void* memory =
        mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) ThrowErrno("mmap");
    object_ = new (memory) T{};
  }
  ~SharedMemory() { munmap(object_, sizeof(T)); }
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }

 private:
  T* object_;
};

}  // namespace minitalk

// The one way in which a refused system call becomes an exception.
#pragma once

#include <cerrno>
#include <string>
#include <system_error>

namespace minitalk {

// Throws std::system_error with the errno of a call that failed just now; `what` says which.
[[noreturn]] inline void ThrowErrno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// ThrowErrno(`call`) if `result` is negative; returns it otherwise. For calls without which nothing
// after them can be relied on.
inline int Require(int result, const char* call) {
  if (result < 0) ThrowErrno(call);
  return result;
}

}  // namespace minitalk

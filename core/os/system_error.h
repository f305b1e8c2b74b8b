// The one way in which a refused system call becomes an exception.
#pragma once

#include <string>

namespace minitalk {

// Throws std::system_error with the errno of a call that failed just now; `what` says which.
[[noreturn]] void ThrowErrno(const std::string& what);

// ThrowErrno(`call`) if `result` is negative; returns it otherwise. For calls without which nothing
// after them can be relied on.
int Require(int result, const char* call);

}  // namespace minitalk

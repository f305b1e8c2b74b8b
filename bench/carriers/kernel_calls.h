// Calling the kernel: again when it was only interrupted.
#pragma once

#include <cerrno>
#include <string>
#include <string_view>

#include "core/os/system_error.h"

namespace minitalk {

// A path in `folder` that nobody can guess, for objects that must have a name for a moment.
std::string PrivatePath(std::string_view folder);

// Repeats `call` while it is interrupted, and while it says "not yet", which only a non-blocking
// object does: then this is polling. Negative: errno says why.
template <typename Call>
auto Persist(Call call) {
  for (;;) {
    const auto result = call();
    if (result >= 0 || (errno != EINTR && errno != EAGAIN && errno != ENOMSG)) return result;
  }
}

}  // namespace minitalk

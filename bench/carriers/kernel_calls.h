// Calling the kernel: again when it was only interrupted, and loudly when it refuses what a carrier
// cannot do without.
#pragma once

#include <cerrno>
#include <string>
#include <string_view>

namespace minitalk {

// Throws std::system_error that names `call` if `result` is negative; returns it otherwise.
int Require(int result, const char* call);

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

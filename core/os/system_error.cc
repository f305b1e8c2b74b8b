#include "core/os/system_error.h"

#include <cerrno>
#include <system_error>

namespace minitalk {

void ThrowErrno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

int Require(int result, const char* call) {
  if (result < 0) ThrowErrno(call);
  return result;
}

}  // namespace minitalk

#include "core/endpoint/exit_code.h"

#include <sysexits.h>

namespace minitalk {

int ExitCode(Status status) {
  constexpr int kGivenUp = 1;
  constexpr int kTryLater = EX_TEMPFAIL;
  switch (status) {
    case Status::kOk:
      return EX_OK;
    case Status::kTimedOut:
    case Status::kPeerDied:
    case Status::kGarbled:
    case Status::kInterfered:
    case Status::kDegraded:
      return kTryLater;
    case Status::kNotPermitted:
      return EX_NOPERM;
    case Status::kNoProcess:
    case Status::kNotAServer:
    case Status::kTakesNoBits:
      return EX_UNAVAILABLE;
    case Status::kDamaged:
    case Status::kGaveUp:
    case Status::kTooLarge:
    case Status::kOutputFailed:
    case Status::kReplyFailed:
      return kGivenUp;
    case Status::kUnknownProtocol:
    case Status::kNoEcho:
      return EX_USAGE;
    case Status::kInputFailed:
      return EX_NOINPUT;
    case Status::kSystemFailed:
      return EX_OSERR;
  }
  return EX_OSERR;
}

}  // namespace minitalk

// The one table that ties a status to its words and to the client's exit code.
#include "core/status.h"

#include <sysexits.h>

#include <array>

namespace minitalk {
namespace {

struct Row {
  Status status;
  int exit_code;
  std::string_view text;
};

constexpr int kGivenUp = 1;
constexpr int kTryLater = EX_TEMPFAIL;  // 75

constexpr std::array kRows{
    Row{Status::kOk, EX_OK, "delivered"},
    Row{Status::kTimedOut, kTryLater, "nothing arrived within the time limit"},
    Row{Status::kPeerDied, kTryLater, "the other process died"},
    Row{Status::kNotPermitted, EX_NOPERM, "not permitted to signal that process"},
    Row{Status::kNoProcess, EX_UNAVAILABLE, "no such process"},
    Row{Status::kNotAServer, EX_UNAVAILABLE, "that process is no minitalk server"},
    Row{Status::kGarbled, kTryLater, "the conversation lost its step"},
    Row{Status::kInterfered, kTryLater, "signals of a third process disturbed the conversation"},
    Row{Status::kDamaged, kGivenUp, "a frame arrived damaged"},
    Row{Status::kGaveUp, kGivenUp, "too many frames in a row arrived damaged"},
    Row{Status::kTooLarge, kGivenUp, "the message is longer than the server accepts"},
    Row{Status::kUnknownProtocol, EX_USAGE, "the server does not know this protocol"},
    Row{Status::kNoEcho, EX_USAGE, "the server does not echo"},
    Row{Status::kOutputFailed, kGivenUp, "the server could not write the message out"},
    Row{Status::kReplyFailed, kGivenUp, "delivered, but its echo could not be written out"},
    Row{Status::kInputFailed, EX_NOINPUT, "the input could not be read"},
    Row{Status::kDegraded, kTryLater,
        "signals lost their siginfo: too many are queued for this user"},
    Row{Status::kTakesNoBits, EX_UNAVAILABLE, "that process takes no plain bits"},
    Row{Status::kSystemFailed, EX_OSERR, "a system call failed"},
};

const Row& RowOf(Status status) {
  for (const Row& row : kRows) {
    if (row.status == status) return row;
  }
  return kRows.back();
}

}  // namespace

std::string_view Explain(Status status) { return RowOf(status).text; }
int ExitCode(Status status) { return RowOf(status).exit_code; }

}  // namespace minitalk

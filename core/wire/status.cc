// The words of each status.
#include "core/wire/status.h"

#include <array>

namespace minitalk {
namespace {

struct Row {
  Status status;
  std::string_view text;
};

constexpr std::array kRows{
    Row{Status::kOk, "delivered"},
    Row{Status::kTimedOut, "nothing arrived within the time limit"},
    Row{Status::kPeerDied, "the other process died"},
    Row{Status::kNotPermitted, "not permitted to signal that process"},
    Row{Status::kNoProcess, "no such process"},
    Row{Status::kNotAServer, "that process is no minitalk server"},
    Row{Status::kGarbled, "the conversation lost its step"},
    Row{Status::kInterfered, "signals of a third process disturbed the conversation"},
    Row{Status::kDamaged, "a frame arrived damaged"},
    Row{Status::kGaveUp, "too many frames in a row arrived damaged"},
    Row{Status::kTooLarge, "the message is longer than the server accepts"},
    Row{Status::kUnknownProtocol, "the server does not know this protocol"},
    Row{Status::kNoEcho, "the server does not echo"},
    Row{Status::kOutputFailed, "the server could not write the message out"},
    Row{Status::kReplyFailed, "delivered, but its echo could not be written out"},
    Row{Status::kInputFailed, "the input could not be read"},
    Row{Status::kDegraded, "signals lost their siginfo: too many are queued for this user"},
    Row{Status::kTakesNoBits, "that process takes no plain bits"},
    Row{Status::kOtherVersion, "server and client speak different versions of the wire"},
    Row{Status::kSystemFailed, "a system call failed"},
};

}  // namespace

std::string_view ToString(Status status) {
  for (const Row& row : kRows) {
    if (row.status == status) return row.text;
  }
  return kRows.back().text;
}

}  // namespace minitalk

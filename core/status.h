// How an operation ended. Errors are values: a link keeps the first one (sticky) and everybody
// above asks once, at the end.
#pragma once

#include <cstdint>
#include <string_view>

namespace minitalk {

enum class Status : std::uint8_t {
  kOk,
  kTimedOut,         // nothing arrived within the limit
  kPeerDied,         // the other process is gone, or a zombie
  kNotPermitted,     // the kernel refused to signal it
  kNoProcess,        // there is no such process
  kNotAServer,       // there is one, but it did not ask for our signals
  kGarbled,          // the peer sent what the protocol does not allow
  kInterfered,       // a third process sent signals into the conversation, and it stalled
  kDamaged,          // a frame arrived with missing or wrong bits; resending may help
  kGaveUp,           // too many damaged frames in a row
  kTooLarge,         // longer than the server's --max-message
  kUnknownProtocol,  // the server does not know the protocol's number
  kNoEcho,           // the server was not started with --echo
  kOutputFailed,     // the server could not write the message out
  kReplyFailed,      // the message was delivered, but its echo could not be written out here
  kInputFailed,      // our own input could not be read
  kSystemFailed,     // a system call failed that should not have
};

// One lower-case clause without a full stop: what happened. Never fails; thread-safe.
std::string_view Explain(Status status);

// The exit code of ./client for a delivery that ended so (sysexits.h numbers; the contract).
int ExitCode(Status status);

}  // namespace minitalk

// How an operation ended. Errors are values: a link keeps the first one (sticky) and everybody
// above asks once, at the end.
#pragma once

#include <cstdint>
#include <string_view>

namespace minitalk {

// The numbers travel, as reasons of a refusal: append, never renumber.
enum class Status : std::uint8_t {
  kOk = 0,
  kTimedOut = 1,          // nothing arrived within the timeout
  kPeerDied = 2,          // the other process is gone, or a zombie
  kNotPermitted = 3,      // the kernel refused to signal it
  kNoProcess = 4,         // there is no such process
  kNotAServer = 5,        // there is one, but it did not ask for our signals
  kGarbled = 6,           // the peer sent what the protocol does not allow
  kInterfered = 7,        // a third process sent signals into the conversation, and it stalled
  kDamaged = 8,           // a frame arrived with missing or wrong bits; resending may help
  kGaveUp = 9,            // too many damaged frames in a row
  kTooLarge = 10,         // longer than the server's --max-message
  kUnknownProtocol = 11,  // the server does not know the protocol's number
  kNoEcho = 12,           // the server was not started with --echo
  kOutputFailed = 13,     // the server could not write the message out
  kReplyFailed = 14,      // the message was delivered, but its echo could not be written out here
  kInputFailed = 15,      // our own input could not be read
  kSystemFailed = 16,     // a system call failed that should not have
  kDegraded = 17,         // signals arrived stripped of their siginfo: the limit of queued ones
  kTakesNoBits = 18,      // not prepared for a classic client's signals
  kOtherVersion = 19,     // the peer's program is of another version of the wire
};

inline constexpr Status kLastStatus = Status::kOtherVersion;

// One lower-case clause without a full stop: what happened. Never fails; thread-safe.
std::string_view ToString(Status status);

}  // namespace minitalk

// How a client and a server come together: what each of them decides, without the system calls, so
// that the programs and the simulated world run the same code.
//
//   client                      server                    session
//     HELLO: USR1, repeated  ->   looks who it is, forks ->  .
//     <- ACCEPT: a private USR1, whose sender is the session
//
// HELLOs share one slot, so one may vanish behind another's: hence they are repeated until they are
// answered. All that follows goes to slots of the session's own.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>

#include "core/wire/status.h"

namespace minitalk {

// The system as a calling client sees it.
class Calling {
 public:
  virtual ~Calling() = default;
  // One HELLO to the server. kOk, or why it could not be sent.
  virtual Status Knock() = 0;
  // The next signal that comes to us: its sender, 0 where the kernel does not vouch for one.
  // Nothing: none came within `patience`.
  virtual std::optional<pid_t> Take(std::chrono::nanoseconds patience) = 0;
  // Whether that process is one of the server's sessions.
  virtual bool IsSession(pid_t pid) = 0;
  virtual bool ServerAlive() = 0;
  virtual std::chrono::nanoseconds Now() = 0;
};

// How knocking ended.
struct Call {
  Status status = Status::kOk;  // kOk, Knock()'s failure, kPeerDied or kTimedOut
  pid_t session = 0;
  std::uint64_t knocks = 0;
  bool anonymous = false;  // an answer came without its sender
};

// Knocks until a session of the server answers, with growing pauses.
Call CallServer(Calling& system, std::chrono::nanoseconds timeout);

// The server's guests: who has a session. Not thread-safe.
class Guests {
 public:
  explicit Guests(std::size_t most) : most_(most) {}

  enum class Answer : std::uint8_t {
    kAdmit,    // fork a session, if it is a client at all, then tell Admitted()
    kIgnore,   // it has one already: it knocked again before the answer arrived
    kFull,     // it has to knock again later
    kUnknown,  // nobody knows who knocked
  };
  Answer Consider(pid_t client) const;
  void Admitted(pid_t client, pid_t session) { sessions_[client] = session; }
  void Left(pid_t session);

  const std::map<pid_t, pid_t>& sessions() const { return sessions_; }  // by client

 private:
  std::size_t most_;
  std::map<pid_t, pid_t> sessions_;
};

}  // namespace minitalk

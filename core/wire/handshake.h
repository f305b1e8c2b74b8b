// How a client and a server come together: what each of them decides, without the system calls, so
// that the programs and the simulated world run the same code.
//
//   client                      server                    session
//     request: USR1, repeated ->  looks who it is, forks ->  .
//     <- accept: a private USR2, whose sender is the session
//
// (Before version 3 of the wire the accept was a private USR1: a client sees the version by it.)
// Connect requests share one slot, so one may vanish behind another's: hence they are repeated
// until they are answered. All that follows goes to slots of the session's own.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>

#include "core/wire/signal.h"
#include "core/wire/status.h"

namespace minitalk {

// A session's first signal.
inline constexpr Arrival kAccept{Signal::kUsr2, Lane::kPrivate};

// A signal that came to a client, and its sender; 0 where the kernel does not vouch for one.
struct Reply {
  Signal signal;
  pid_t sender;
};

// The system calls of a client that connects.
class ConnectCalls {
 public:
  virtual ~ConnectCalls() = default;
  // One connect request to the server. kOk, or why it could not be sent.
  virtual Status SendRequest() = 0;
  // The next signal that comes to us. Nothing: none came within `timeout`.
  virtual std::optional<Reply> Take(std::chrono::nanoseconds timeout) = 0;
  // Whether that process is one of the server's sessions.
  virtual bool IsSession(pid_t pid) = 0;
  virtual bool ServerAlive() = 0;
  virtual std::chrono::nanoseconds Now() = 0;
};

// How connecting ended.
struct Connection {
  Status status = Status::kOk;  // or SendRequest()'s failure, kPeerDied, kTimedOut, kOtherVersion
  pid_t session = 0;
  std::uint64_t requests = 0;
  bool anonymous = false;  // an answer came without its sender
};

// Sends connect requests, with growing pauses, until a session of the server answers.
Connection ConnectToServer(ConnectCalls& system, std::chrono::nanoseconds timeout);

// Which client has which session. Not thread-safe.
class SessionTable {
 public:
  explicit SessionTable(std::size_t most) : most_(most) {}

  enum class Decision : std::uint8_t {
    kAdmit,    // fork a session, if it is a client at all, then Add() it
    kIgnore,   // it has one already: it asked again before the answer arrived
    kFull,     // it has to ask again later
    kUnknown,  // nobody knows who asked
  };
  Decision Decide(pid_t client) const;
  void Add(pid_t client, pid_t session) { sessions_[client] = session; }
  void Remove(pid_t session);

  const std::map<pid_t, pid_t>& sessions() const { return sessions_; }  // by client

 private:
  std::size_t most_;
  std::map<pid_t, pid_t> sessions_;
};

}  // namespace minitalk

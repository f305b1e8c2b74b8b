#include "core/wire/handshake.h"

#include <algorithm>

namespace minitalk {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// Pauses between requests grow from the first to the last: a crowd thins out by itself.
constexpr milliseconds kFirstPause{20};
constexpr milliseconds kLastPause{320};

// True once a session has answered.
bool AwaitAnswer(ConnectCalls& system, nanoseconds timeout, Connection* connection) {
  const nanoseconds end = system.Now() + timeout;
  for (nanoseconds left = timeout; left > nanoseconds(0); left = end - system.Now()) {
    const auto reply = system.Take(left);
    if (!reply) continue;
    if (reply->sender == 0) {
      connection->anonymous = true;
    } else if (system.IsSession(reply->sender)) {
      connection->session = reply->sender;
      if (reply->signal != kAccept.signal) connection->status = Status::kOtherVersion;
      return true;
    }
  }
  return false;
}

}  // namespace

Connection ConnectToServer(ConnectCalls& system, nanoseconds timeout) {
  Connection connection;
  const nanoseconds end = system.Now() + timeout;
  for (milliseconds pause = kFirstPause;; pause = std::min(pause * 2, kLastPause)) {
    ++connection.requests;
    connection.status = system.SendRequest();
    if (connection.status != Status::kOk) return connection;
    const nanoseconds left = end - system.Now();
    if (AwaitAnswer(system, std::min<nanoseconds>(pause, left), &connection)) return connection;
    if (!system.ServerAlive()) {
      connection.status = Status::kPeerDied;
      return connection;
    }
    if (system.Now() >= end) {
      connection.status = Status::kTimedOut;
      return connection;
    }
  }
}

SessionTable::Decision SessionTable::Decide(pid_t client) const {
  if (client == 0) return Decision::kUnknown;
  if (sessions_.contains(client)) return Decision::kIgnore;
  return sessions_.size() >= most_ ? Decision::kFull : Decision::kAdmit;
}

void SessionTable::Remove(pid_t session) {
  std::erase_if(sessions_, [&](const auto& entry) { return entry.second == session; });
}

}  // namespace minitalk

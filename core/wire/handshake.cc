#include "core/wire/handshake.h"

#include <algorithm>

namespace minitalk {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// Pauses between knocks grow from the first to the last: a crowd thins out by itself.
constexpr milliseconds kFirstPause{20};
constexpr milliseconds kLastPause{320};

// True once a session has answered.
bool AwaitAnswer(Calling& system, nanoseconds patience, Call* call) {
  const nanoseconds end = system.Now() + patience;
  for (nanoseconds left = patience; left > nanoseconds(0); left = end - system.Now()) {
    const auto sender = system.Take(left);
    if (!sender) continue;
    if (*sender == 0) {
      call->anonymous = true;
    } else if (system.IsSession(*sender)) {
      call->session = *sender;
      return true;
    }
  }
  return false;
}

}  // namespace

Call CallServer(Calling& system, nanoseconds timeout) {
  Call call;
  const nanoseconds end = system.Now() + timeout;
  for (milliseconds pause = kFirstPause;; pause = std::min(pause * 2, kLastPause)) {
    ++call.knocks;
    if (call.status = system.Knock(); call.status != Status::kOk) return call;
    if (AwaitAnswer(system, std::min<nanoseconds>(pause, end - system.Now()), &call)) return call;
    if (!system.ServerAlive()) {
      call.status = Status::kPeerDied;
      return call;
    }
    if (system.Now() >= end) {
      call.status = Status::kTimedOut;
      return call;
    }
  }
}

Guests::Answer Guests::Consider(pid_t client) const {
  if (client == 0) return Answer::kUnknown;
  if (sessions_.contains(client)) return Answer::kIgnore;
  return sessions_.size() >= most_ ? Answer::kFull : Answer::kAdmit;
}

void Guests::Left(pid_t session) {
  std::erase_if(sessions_, [&](const auto& entry) { return entry.second == session; });
}

}  // namespace minitalk

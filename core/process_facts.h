// What /proc tells about a process before anybody signals it. An uncaught SIGUSR1 kills, so nothing
// is sent to a process that does not visibly ask for it.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

namespace minitalk {

// The names that PrepareSignals gives to the parties. /proc/PID/comm holds 15 characters.
inline constexpr const char* kServerName = "minitalk-server";
inline constexpr const char* kSessionName = "minitalk-sess";
inline constexpr const char* kClientName = "minitalk-client";

struct ProcessFacts {
  std::string name;
  char state = '?';  // as in ps: R, S, T (stopped), Z (zombie), ...
  pid_t parent = 0;
  uid_t real_uid = 0;
  uid_t effective_uid = 0;
  // Both signals have handlers. Merely blocked is not enough: a shell blocks everything for the
  // moment in which it forks.
  bool catches_both = false;
};

// Nothing: no such process, or /proc does not show it to us.
std::optional<ProcessFacts> InspectProcess(pid_t pid);

// A pid as a person types it: bare decimal digits, more than 1, within range, not our own.
std::optional<pid_t> ParsePid(std::string_view text);

}  // namespace minitalk

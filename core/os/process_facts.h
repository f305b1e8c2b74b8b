// What /proc shows of a process before anybody signals it. An uncaught SIGUSR1 kills, so nothing
// is sent to a process that does not visibly ask for it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/wire/signal.h"

namespace minitalk {

// The names that PrepareSignals gives to the parties. /proc/PID/comm holds 15 characters.
inline constexpr const char* kServerName = "minitalk-server";
inline constexpr const char* kSessionName = "minitalk-sess";
inline constexpr const char* kClientName = "minitalk-client";
// The same with --classic: names of their own, since they do not understand the others.
inline constexpr const char* kClassicServerName = "classic-server";
inline constexpr const char* kClassicClientName = "classic-client";

// Names the calling process so. Throws std::system_error. REQUIRES: at most 15 characters.
void SetProcessName(const char* name);

// Sets of signals as the kernel writes them: bit n - 1 is signal n.
struct SignalSets {
  std::uint64_t caught = 0;
  std::uint64_t ignored = 0;
  std::uint64_t blocked = 0;
  std::uint64_t pending = 0;  // of the process or of its main thread
};

// What /proc shows of a process, at one moment: it may have changed since.
struct ProcessFacts {
  std::string name;
  char state = '?';  // as in ps: R, S, T (stopped), Z (zombie), ...
  pid_t parent = 0;
  uid_t real_uid = 0;
  uid_t effective_uid = 0;
  // Both signals have handlers. Merely blocked is not enough: a shell blocks everything for the
  // moment in which it forks.
  bool catches_both = false;
  std::optional<int> only_cpu;  // where it is confined to one
  SignalSets signals;
};

// Nothing: no such process, or /proc does not show it to us.
std::optional<ProcessFacts> InspectProcess(pid_t pid);

// What a signal would do to a process; the more welcome the later.
enum class Effect : std::uint8_t {
  kHarm,     // kill it, or vanish
  kTidyEnd,  // perhaps end it: it catches all that would, as shells and editors do to tidy up first
  kUnknown,  // it sleeps in a synchronous wait for signals that we may not see
  kBlocked,  // wait until it is unblocked: either taken synchronously, or harm that is put off
  kTaken,    // run a handler, or end the synchronous wait (sigwait and so on) that it is in
};
Effect EffectOf(pid_t pid, const ProcessFacts& facts, Signal signal);

// True if one of the two signals has been sent to it and not been taken yet.
bool HasPending(const ProcessFacts& facts);

// What it has written to anywhere, in bytes. Nothing: /proc does not show it to us.
std::optional<std::uint64_t> BytesWritten(pid_t pid);

// A pid as a person types it: bare decimal digits, more than 1, within range, not our own.
std::optional<pid_t> ParsePid(std::string_view text);

}  // namespace minitalk

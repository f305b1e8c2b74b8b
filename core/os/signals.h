// The signals of this process: how they are blocked, handled and taken.
//
// Both signals of a conversation stay blocked for good and are taken synchronously with the raw
// rt_sigtimedwait: nothing runs in a handler, no wake-up can be lost, and SI_TKILL is not hidden as
// glibc's wrapper hides it. Handlers are installed all the same, so that a sender can see in /proc
// that we ask for the signals.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <ctime>
#include <initializer_list>
#include <optional>

#include "core/wire/signal.h"

namespace minitalk {

// Makes this process ready to converse: blocks both signals (and `also_wait_for`, and nothing
// else), discards what was inherited as pending, installs handlers, ignores SIGPIPE, then takes
// `name` as its process name, by which the other side knows it. Call once, before anything waits.
// Throws std::system_error where the kernel refuses what this project cannot do without; so do the
// other functions here.
// REQUIRES: a single thread; name of at most 15 characters.
void PrepareSignals(const char* name, std::initializer_list<int> also_wait_for = {});

// Undoes PrepareSignals' blocking of `signals`, for a forked child.
void Unblock(std::initializer_list<int> signals);

// Lets `signal` do what it does by default, also if whoever started us had it ignored.
void RestoreDefault(int signal);

// True if `signal` was set to be ignored by whoever started us.
bool IsIgnored(int signal);

// True if a server that took this SIGTERM, SIGINT or SIGHUP should end. A shell starts background
// jobs with SIGINT ignored, nohup with SIGHUP: that is respected.
bool AsksToEnd(int signal);

// Calls `handler`, in signal context, when SIGINT or SIGTERM comes; one that whoever started us had
// ignored stays so. For programs that compute and have no loop that takes signals.
void CatchTermination(void (*handler)(int));

// While it lives, SIGTERM, SIGINT and SIGHUP are held back: for sections that must not be torn.
class HoldTermination {
 public:
  HoldTermination();
  ~HoldTermination();
  HoldTermination(const HoldTermination&) = delete;
  HoldTermination& operator=(const HoldTermination&) = delete;

 private:
  sigset_t before_ = {};
  bool held_ = false;
};

// A signal as the kernel delivered it. `sender` is 0 unless the kernel itself filled it in.
struct Caught {
  int signal;
  pid_t sender;
};

// Sleeps without limit, and without using any CPU, until one of `signals` is pending; takes it.
// Nothing: interrupted, try again. REQUIRES: they are blocked.
std::optional<Caught> TakeSignal(std::initializer_list<int> signals);

// The same for at most `timeout`; by default the two of a conversation. Takes foreign
// senders' signals too: the caller decides.
std::optional<Caught> TakeSignalFor(std::chrono::nanoseconds timeout,
                                    std::initializer_list<int> signals = {SIGUSR1, SIGUSR2});

// The kernel's number of one of the two, and back. REQUIRES: `number` is one of theirs.
int NumberOf(Signal signal);
Signal SignalOf(int number);

// A set of these signals.
sigset_t SetOf(std::initializer_list<int> signals);

// Waits for one of `set` by the raw call. Returns the signal's number, or -1 with errno EAGAIN
// (nothing within the timeout; null: no timeout) or EINTR.
int Dequeue(const sigset_t& set, siginfo_t* info, const timespec* timeout);

// Who sent it, where the kernel itself says so; else 0.
pid_t AuthenticSender(const siginfo_t& info);

// True: it has lost its siginfo on the way, since too many are queued.
bool IsAnonymous(const siginfo_t& info);

// For system calls that take a timespec. REQUIRES: not negative.
timespec ToTimespec(std::chrono::nanoseconds time);

// A periodic SIGALRM while it lives, by which a process that sleeps in a wait for signals measures
// time. It counts the time in which the process runs: being stopped and continued is not mistaken
// for a silence. The process has one such timer (ITIMER_REAL): REQUIRES that no other Ticker is
// alive. Throws std::system_error.
class Ticker {
 public:
  explicit Ticker(std::chrono::milliseconds period);
  ~Ticker();
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;
};

}  // namespace minitalk

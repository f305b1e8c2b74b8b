// The link over the real kernel, and the only place of the project that makes signal system calls
// (the bench's floor apart; a test says so).
//
// Both signals stay blocked for good and are taken synchronously with the raw rt_sigtimedwait:
// nothing runs in a handler, no wake-up can be lost, and SI_TKILL is not hidden as glibc's wrapper
// hides it. Handlers are installed all the same, so that a sender can see in /proc that we ask for
// the signals. A pidfd tells the peer's death, which kill() never does for a zombie.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <initializer_list>
#include <optional>

#include "core/os/fd.h"
#include "core/os/placement.h"
#include "core/os/siginfo_codec.h"
#include "core/wire/link.h"

namespace minitalk {

// Makes this process ready to converse: blocks both signals (and `also_wait_for`, and nothing
// else), discards what was inherited as pending, installs handlers, ignores SIGPIPE, then takes
// `name` as its process name, by which the other side knows it. Call once, before anything waits.
// Throws std::system_error where the kernel refuses what this project cannot do without; so do the
// other free functions here and the link's constructor.
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

// The same for at most `patience`; the two of a conversation unless told otherwise. Takes foreign
// senders' signals too: the caller decides.
std::optional<Caught> TakeSignalFor(std::chrono::nanoseconds patience,
                                    std::initializer_list<int> signals = {SIGUSR1, SIGUSR2});

// The kernel's number of one of the two, and back. REQUIRES: `number` is one of theirs.
int NumberOf(Signal signal);
Signal SignalOf(int number);

// A process held by a pidfd: signals sent through it can never reach another that inherits the
// pid. Movable; owns the descriptor.
class Process {
 public:
  // kNoProcess, or kSystemFailed where the kernel has no pidfd (before Linux 5.3).
  static Status Open(pid_t pid, std::optional<Process>* process);

  pid_t pid() const { return pid_; }
  // For poll(2), readable once it has exited. Stays ours.
  int pidfd() const { return fd_.get(); }
  // False once it has exited; a zombie counts as dead.
  bool Alive() const;
  // kOk, kPeerDied, kNotPermitted or kSystemFailed. 0 only asks whether it would be allowed. With
  // `info` that goes along in place of the kernel's own; the kernel demands a negative si_code.
  Status Send(int signal, const siginfo_t* info = nullptr) const;

  // Waits up to `patience` for its end, or until a signal is handled. True: it is dead.
  bool AwaitEnd(std::chrono::milliseconds patience) const;

 private:
  Process(pid_t pid, Fd fd) : pid_(pid), fd_(std::move(fd)) {}
  pid_t pid_;
  Fd fd_;
};

// Every link asks for it, so that a pause of 20 us is no 70 us.
inline constexpr unsigned long kTimerSlackNs = 1;

// Signals since the link was made.
struct LinkCounters {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;   // from the peer
  std::uint64_t strangers = 0;  // from anybody else: dropped
  std::uint64_t anonymous = 0;  // of those, the ones that lost their siginfo on the way
};

// A conversation with `peer`. Arrivals that are not authentically the peer's are dropped and
// counted: si_pid is believed only for SI_USER and SI_TKILL, where the kernel fills it in, and a
// payload only if somebody waits for one and it bears the nonce (kInfo) or our peer's pid (kValue).
// Uses SIGALRM and ITIMER_REAL as a clock of its own: one KernelLink per process.
class KernelLink final : public Link {
 public:
  // `limit` bounds every Wait(). It counts the time in which this process runs, so being stopped
  // and continued is not mistaken for the peer's silence. REQUIRES: PrepareSignals was called.
  KernelLink(Process peer, WaitMode wait, std::chrono::milliseconds limit);
  ~KernelLink() override;

  using Link::Send;
  using Link::WaitFor;
  void Send(Signal signal, Lane lane, const Payload* payload) override;
  std::optional<Arrival> WaitFor(std::chrono::nanoseconds patience, Payload* payload) override;
  std::chrono::nanoseconds Now() override;
  void Pause(std::chrono::nanoseconds gap) override;

  const Process& peer() const { return peer_; }
  const LinkCounters& counters() const { return counters_; }
  // The reason to give for a conversation that ended so: one that lost its step while foreign
  // signals came did so because of them.
  Status Cause(Status status) const;
  void set_wait_mode(WaitMode wait) { wait_ = wait; }
  // Both ends need the same one before payloads can pass.
  void set_nonce(Nonce nonce) { nonce_ = nonce; }

 private:
  Status Transmit(Signal signal, Lane lane, const Payload* payload) const;
  std::optional<Arrival> Recognize(int number, const siginfo_t& info, Payload* payload) const;
  std::optional<Arrival> Examine(int number, const siginfo_t& info, Payload* payload);
  std::optional<Arrival> WaitUntilLimit(Payload* payload);
  std::optional<Arrival> LastWords(Payload* payload);
  bool MayWait(std::chrono::milliseconds waited) const;
  int PollsToTry();
  void Learn(bool polling_paid);

  Process peer_;
  WaitMode wait_;
  Nonce nonce_ = 0;
  std::chrono::milliseconds limit_;
  int polls_;  // of the next wait, under kAuto
  int waits_without_poll_ = 0;
  int suspicion_ = 0;  // how many arrivals may still come before a stranger's harm shows
  LinkCounters counters_;
};

}  // namespace minitalk

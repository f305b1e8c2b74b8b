// The link over the real kernel.
//
// A pidfd shows the peer's death, which kill() never does for a zombie.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "core/os/kernel_threads.h"
#include "core/os/process.h"
#include "core/os/siginfo_codec.h"
#include "core/os/signals.h"
#include "core/wire/link.h"

namespace minitalk {

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
  // `timeout` bounds every Wait(). It counts the time in which this process runs, so being stopped
  // and continued is not mistaken for the peer's silence. REQUIRES: PrepareSignals was called.
  KernelLink(Process peer, WaitMode wait, std::chrono::milliseconds timeout);

  using Link::Send;
  using Link::WaitFor;
  void Send(Signal signal, Lane lane, const Payload* payload) override;
  std::optional<Arrival> WaitFor(std::chrono::nanoseconds timeout, Payload* payload) override;
  std::chrono::nanoseconds Now() override;
  void Pause(std::chrono::nanoseconds gap) override;
  Threads* threads() override { return &threads_; }

  const Process& peer() const { return peer_; }
  const LinkCounters& counters() const { return counters_; }
  // The reason to give for a conversation that ended so: one that lost its step, or looked like one
  // of another version, while foreign signals came did so because of them.
  Status Cause(Status status) const;
  void set_wait_mode(WaitMode wait) { wait_ = wait; }
  // Both ends need the same one before payloads can pass.
  void set_nonce(Nonce nonce) { nonce_ = nonce; }
  // No more threads than these are made for a protocol.
  void set_most_threads(std::size_t count) { threads_.set_most(count); }
  // How many threads it has made so far, and how long that took.
  std::size_t thread_count() { return threads_.Make(0).size(); }
  std::chrono::nanoseconds thread_setup() const { return threads_.setup(); }

 private:
  friend class KernelThreads;

  // The link's own clock: how often a waiting process looks whether its peer still lives.
  static constexpr std::chrono::milliseconds kTick{50};

  Status Transmit(Signal signal, Lane lane, const Payload* payload) const;
  std::optional<Arrival> Recognize(int number, const siginfo_t& info, Payload* payload) const;
  std::optional<Arrival> Examine(int number, const siginfo_t& info, Payload* payload);
  std::optional<Arrival> WaitUntilTimeout(Payload* payload);
  std::optional<Arrival> TakeLastArrival(Payload* payload);
  bool MayWait(std::chrono::milliseconds waited) const;
  Status WhyStalled() const;
  int PollsToTry();
  void Learn(bool polling_paid);

  Process peer_;
  WaitMode wait_;
  Nonce nonce_ = 0;
  std::chrono::milliseconds timeout_;
  int polls_;  // of the next wait, under kAuto
  int waits_without_poll_ = 0;
  int arrivals_until_stall_ = 0;  // that may still come before a foreign signal's harm shows
  LinkCounters counters_;
  Ticker ticker_;
  KernelThreads threads_{*this};
};

}  // namespace minitalk

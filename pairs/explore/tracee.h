// One traced process or thread: started, resumed, waited for, looked into. Mechanics only; what
// happens when is decided elsewhere.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "pairs/explore/machine.h"
#include "pairs/program.h"

namespace minitalk::explore {

// What cannot be explored, and why, in one line.
class CannotExplore : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The explorer was asked to stop while it waited.
struct Interrupted {};

// Why a tracee stands still.
struct Stop {
  enum class Kind : std::uint8_t {
    kCall,      // at the entry of a system call that the filter names
    kCallExit,  // at its end, asked for by RunToExit()
    kSignal,    // a signal is about to be delivered: `value`, its number
    kFork,      // has made a process or thread: `value`, its id
    kExec,      // is another program now
    kHeld,      // a new one before its first instruction, or interrupted
    kSpinning,  // has used up its time slice without a system call
    kSleeping,  // sleeps in the kernel, in a call that the explorer took for one that does not
    kExited,    // gone: `value`, the exit status
    kKilled,    // gone: `value`, the signal
  };
  Kind kind;
  int value = 0;
};

// A pending signal, and the process that the kernel or the sender names.
struct PendingSignal {
  int number;
  int code;
  pid_t sender;
  bool is_private;
};

// A handle, not an owner: copies name the same tracee. REQUIRES, for all but Wait(), Kill() and the
// constructor: it stands still. Throws std::system_error where the kernel refuses.
class Tracee {
 public:
  Tracee() = default;
  explicit Tracee(pid_t id) : id_(id) {}

  // Starts a program under the filter; it stands still before its first instruction, with its
  // address space, its start-up random bytes and its clocks (the vDSO) made reproducible. It dies
  // with the explorer. Throws CannotExplore.
  static Tracee Start(const Launch& launch, int terminal);

  pid_t id() const { return id_; }

  // Lets it run to its next stop; with a signal, that is delivered. / The same, but the end of the
  // call at whose entry it stands is a stop, too.
  void Run(int signal = 0) const;
  void RunToExit(int signal = 0) const;
  // Until it stops. `slice`: of CPU time, without a system call. REQUIRES: SIGCHLD, SIGINT,
  // SIGTERM and SIGHUP are blocked in this process. Throws Interrupted at the latter three.
  Stop Wait(std::chrono::nanoseconds slice) const;
  // Kills and reaps it, if it is not gone. Its pid is its own until then.
  void Kill() const;
  // Makes of a process that stands at the entry of a call one that can be copied, and serves for
  // nothing else any more. `entry`: its registers there.
  void Park(const Registers& entry) const;
  // Another process like it, at the entry of that call. REQUIRES: Park(), with the same registers.
  Tracee Copy(const Registers& entry) const;

  Registers GetRegisters() const;
  void SetRegisters(const Registers& registers) const;
  // At a call's entry: leaves the call out. The registers are the caller's to set, afterwards.
  void VoidCall() const;
  siginfo_t GetSignal() const;
  void SetSignal(const siginfo_t& info) const;
  std::uint64_t GetMask() const;
  std::vector<PendingSignal> Pending() const;

  // False where it has no such memory, or may not write there.
  bool Read(std::uint64_t address, std::span<std::byte> bytes) const;
  bool Write(std::uint64_t address, std::span<const std::byte> bytes) const;
  template <typename T>
  bool ReadValue(std::uint64_t address, T* value) const {
    return Read(address, std::as_writable_bytes(std::span(value, 1)));
  }
  template <typename T>
  bool WriteValue(std::uint64_t address, const T& value) const {
    return Write(address, std::as_bytes(std::span(&value, 1)));
  }

 private:
  long Ask(int request, std::uintptr_t address, const void* data) const;
  std::optional<Stop> Interrupt() const;
  void Expect(Stop::Kind kind) const;
  std::chrono::nanoseconds CpuTime() const;
  char State() const;

  pid_t id_ = -1;
};

}  // namespace minitalk::explore

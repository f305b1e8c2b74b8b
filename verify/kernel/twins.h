// What it takes to hold the model of the pending signals against the kernel: random signals by
// every call that there is, processes that send what they are told, and a pair of twins, the
// kernel's slots of this process and the model's, which are filled alike. Needs nothing but the C
// library.
#pragma once

#include <sys/types.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "verify/pending.h"

namespace minitalk::verify {

// The system calls that send.
enum class Call : std::uint8_t { kKill, kTgkill, kSigqueue, kQueueInfo, kTgQueueInfo };

// One signal, and what the model keeps of it.
struct Sending {
  Call call;
  Pending pending;
};

// What process `sender` may send: any signal by any call with any bytes.
Sending RandomSending(std::mt19937_64& random, pid_t sender);

// Makes the call. False: the kernel refused.
bool Send(pid_t receiver, const Sending& sending);

// A siginfo in the model's words. A chosen si_code tells the lane by its lowest bit, as
// RandomSending has it.
Pending Observed(const siginfo_t& info);

// Every byte of two, whether it was lost or taken.
bool Same(const Pending& a, const Pending& b);
// One, for a person.
std::string Describe(const Pending& pending);

// A process that sends to its creator, with which it dies. Ends when the pipe to it is closed.
class Sender {
 public:
  static constexpr std::size_t kMostAtOnce = 8;

  // Ends the process with kNotAsLinux where there cannot be one.
  Sender();
  pid_t pid() const { return pid_; }
  // Returns when all of it, in this order, is pending or lost. False: something failed.
  bool SendAll(std::span<const Sending> sendings) const;

 private:
  int orders_ = -1;
  int answers_ = -1;
  pid_t pid_ = -1;
};

// REQUIRES: a process with one thread and both signals blocked.
class Twins {
 public:
  explicit Twins(std::uint64_t seed);

  // Of 0..limit-1.
  std::size_t Draw(std::size_t limit) { return random_() % limit; }

  // A random signal, mostly from the same process as the last one. The model has it at once, the
  // kernel after the next Flush(), which says whether all went well so far.
  void PostRandom();
  bool Flush();

  // Takes from the model.
  std::optional<Pending> Take(Order order);
  bool empty() const { return model_.empty(); }
  // As in /proc: {SigPnd, ShdPnd}.
  std::array<std::uint64_t, 2> Masks() const;

  // Signals that vanished though another process than the survivor's sent them.
  std::size_t lost_to_another() const { return lost_to_another_; }
  std::size_t operations() const { return log_.size(); }
  // The last operations, a line each, and how to have them again.
  std::string History() const;

 private:
  static constexpr std::size_t kSenders = 3;  // beside this process, which is number 0

  struct Operation {
    std::string_view what;
    std::size_t who;
    std::optional<Pending> pending;
    bool lost;
  };

  pid_t PidOf(std::size_t who) const;

  std::uint64_t seed_;
  std::mt19937_64 random_;
  std::vector<Sender> senders_;
  PendingSets model_;
  std::size_t who_ = 0;
  std::vector<Sending> unsent_;  // by who_
  bool sent_ = true;
  std::array<std::size_t, PendingSets::kSlots> holder_{};
  std::size_t lost_to_another_ = 0;
  std::vector<Operation> log_;
};

}  // namespace minitalk::verify

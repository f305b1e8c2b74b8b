// The threads of a receiver as a third kind of lane. Each has a private pending set, two slots
// more, and to which thread a signal goes is part of what it says (protocols/index.cc).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/wire/signal.h"
#include "core/wire/status.h"

namespace minitalk {

using ThreadId = std::int32_t;

// Which threads of a process take signals, and how they are arranged; both ends of a link know the
// same one. Empty: none.
struct Roster {
  unsigned banks = 1;        // sets of groups that are in use at a time
  unsigned group_bits = 0;   // a bank has 2^group_bits groups
  unsigned thread_bits = 0;  // a group has 2^thread_bits threads
  std::vector<ThreadId> ids;

  std::size_t groups() const { return std::size_t{1} << group_bits; }
  std::size_t threads() const { return (banks * groups()) << thread_bits; }
  bool SameShape(const Roster& other) const {
    return banks == other.banks && group_bits == other.group_bits &&
           thread_bits == other.thread_bits;
  }
  friend bool operator==(const Roster&, const Roster&) = default;
};

// What a receiver does with the signals that its threads take.
class Taker {
 public:
  // What follows a signal.
  struct Reaction {
    std::optional<Signal> answer = std::nullopt;  // to the peer, on the shared lane
    bool ends = false;                            // nothing more is expected
    Status status = Status::kOk;                  // else the link fails with it
  };
  virtual ~Taker() = default;
  // Called in thread `thread`, and in several at a time; its effect must be that of one atomic
  // step.
  virtual Reaction Take(std::size_t thread, Signal signal) noexcept = 0;
};

// What a link offers beside its lanes: threads of this end, and signals to those of the other. Not
// thread-safe: used by the link's own thread.
class Threads {
 public:
  virtual ~Threads() = default;

  // Sends one signal to a thread of the peer's. As Link::Send, it may vanish.
  virtual void Send(ThreadId thread, Signal signal) = 0;

  // Makes threads until there are `count`, and tells the ids of all there are: fewer where the
  // system grants no more, more where there were more. They take nothing yet.
  virtual std::span<const ThreadId> Make(std::size_t count) = 0;

  // The first `count` take the peer's signals, until a reaction ends it or the link fails. Until
  // then nothing else may come on the shared lane; from then on no thread takes anything.
  // REQUIRES: so many were made.
  virtual void Serve(std::size_t count, Taker& taker) = 0;

  // Whether both ends run at the same time, on CPUs of their own.
  virtual bool apart() const = 0;

  // What this end has told the other, and the other has told this one.
  Roster told;
  Roster heard;
};

}  // namespace minitalk

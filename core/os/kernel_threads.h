// The threads of a KernelLink: a third kind of lane, over real threads.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <span>

#include "core/os/thread_pool.h"
#include "core/wire/threads.h"

namespace minitalk {

class KernelLink;

// Owned by its link. As there, what is not authentically the peer's is dropped and counted. The
// threads live until the link ends.
class KernelThreads final : public Threads {
 public:
  explicit KernelThreads(KernelLink& link) : link_(link) {}

  void Send(ThreadId thread, Signal signal) override;
  std::span<const ThreadId> Make(std::size_t count) override;
  void Serve(std::size_t count, Taker& taker) override;
  bool apart() const override;

  void set_most(std::size_t count) { most_ = count; }

  // What it took to make them, all in all.
  std::chrono::nanoseconds setup() const { return setup_; }

 private:
  // One call of Serve(), as its threads see it.
  struct Run {
    Taker& taker;
    std::atomic<std::uint64_t> received = 0;
    std::atomic<std::uint64_t> sent = 0;
    std::atomic<std::uint64_t> strangers = 0;
    std::atomic<std::uint64_t> anonymous = 0;
    std::atomic<Status> status = Status::kOk;
    std::atomic<bool> ended = false;
  };

  void OnSignal(Run& run, std::size_t thread, int number, const siginfo_t& info) const;
  void AwaitEnd(Run& run);
  bool TakeTick() const;

  KernelLink& link_;
  ThreadPool pool_;
  std::size_t most_ = std::numeric_limits<std::size_t>::max();
  std::chrono::nanoseconds setup_{0};
};

}  // namespace minitalk

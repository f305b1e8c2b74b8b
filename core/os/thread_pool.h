// Threads of this process that sleep until a signal of a conversation comes to their own pending
// set. What they do not do is as important: parked, they take nothing of anybody's.
#pragma once

#include <pthread.h>
#include <sys/types.h>

#include <atomic>
#include <csignal>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

namespace minitalk {

// Not thread-safe: used by one thread, its owner. REQUIRES: SIGUSR1, SIGUSR2 and SIGALRM are
// blocked in the owner, as after PrepareSignals; the pool wakes its owner by SIGALRM, its threads
// by SIGURG.
class ThreadPool {
 public:
  // Called in the thread that has taken the signal; must not throw.
  using OnSignal = std::function<void(std::size_t thread, int signal, const siginfo_t& info)>;

  ThreadPool();
  // Ends all threads, and waits until they are gone.
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // Makes threads until there are `count`. Where the system refuses one, half of what there is by
  // then is given back, since others want some, too. They inherit the owner's CPUs.
  void Grow(std::size_t count);
  // Their ids, in the order of their numbers.
  const std::vector<pid_t>& ids() const { return ids_; }

  // From now on the first `count` take both signals and call `on_signal`.
  void Start(std::size_t count, OnSignal on_signal);
  // No thread takes anything once it has returned, and none is in `on_signal`.
  void Stop();

  // Ends the owner's sleep in Dequeue() for SIGALRM. May be called by any thread.
  void WakeOwner() const;

 private:
  struct Lane;

  static void* Run(void* lane);
  void Serve(Lane& lane);
  bool Make();
  void Shrink(std::size_t count);
  void Wake(std::size_t first, std::size_t end) const;
  void AwaitSeen(std::size_t first, std::size_t end) const;

  const pid_t pid_;
  const pid_t owner_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<pid_t> ids_;
  OnSignal on_signal_;
  std::atomic<std::size_t> keep_;         // threads from this number on are to end
  std::atomic<std::size_t> serving_ = 0;  // so many were started
  std::atomic<unsigned> command_ = 0;     // odd: those take signals; even: nobody does
};

}  // namespace minitalk

// The ring of `shm-sem`, with two counters in the kernel in place of the semaphores. Every filled
// slot is a `write`, whether anybody sleeps or not, and so is every emptied one; a `read` takes the
// whole count and so pays for up to 16 slots. Dearer than `shm-sem`, but `poll` and `epoll` can
// wait for it together with sockets, which is what it is for.
#include <sys/eventfd.h>
#include <unistd.h>

#include "bench/carriers/ends.h"
#include "bench/carriers/ring.h"

namespace minitalk {
namespace {

// One side adds, the other takes all there is and uses it up by ones.
class Counter {
 public:
  explicit Counter(std::uint64_t initial) : fd_(Require(eventfd(0, EFD_CLOEXEC), "eventfd")) {
    taken_ = initial;
  }
  bool Add() {
    const std::uint64_t one = 1;
    return Persist([&] { return write(fd_.get(), &one, sizeof one); }) == sizeof one;
  }
  bool Take() {
    if (taken_ == 0) Persist([&] { return read(fd_.get(), &taken_, sizeof taken_); });
    if (taken_ == 0) return false;
    --taken_;
    return true;
  }
  // For the side that takes: only reads ever wait, as the count stays below Ring::kSlots.
  void SetWaitMode(WaitMode wait) { minitalk::SetWaitMode(fd_, wait); }

 private:
  Fd fd_;
  std::uint64_t taken_;
};

class Counters {
 public:
  void Become(End end, WaitMode wait) {
    if (end == End::kSender) emptied_.SetWaitMode(wait);
    if (end == End::kReceiver) filled_.SetWaitMode(wait);
  }
  bool AwaitEmpty(const Ring&, std::size_t) { return emptied_.Take(); }
  bool AwaitFilled(const Ring&, std::size_t) { return filled_.Take(); }
  bool TellEmptied() { return emptied_.Add(); }
  bool TellFilled() { return filled_.Add(); }

 private:
  Counter emptied_{Ring::kSlots};
  Counter filled_{0};
};

}  // namespace

extern const CarrierInfo kEventfd;
constinit const CarrierInfo kEventfd{
    .name = "eventfd",
    .summary = "a ring in shared memory, two eventfds to wait at",
    .steps = {.make = "mmap(2) of shared memory, eventfd(2) twice",
              .send = "memcpy into an empty slot, write(2) adds 1 to the count of filled ones",
              .receive =
                  "read(2) takes the count of filled slots, memcpy out, write(2) counts back"},
    .costs = {"1 to 2 + 1 to 2", "2", "8 KiB", "128 KiB", "none"},
    .make = MakeChannel<RingChannel<Counters>>,
};

}  // namespace minitalk

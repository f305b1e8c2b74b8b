// The textbook's bounded buffer: a ring of 16 slots in memory that both have mapped, a semaphore
// that counts the empty slots and one that counts the filled ones. The kernel never touches the
// bytes. A semaphore is a counter in the same memory: `sem_post` and `sem_wait` are an atomic
// addition each, and call the kernel (`futex`) only if somebody sleeps or has to. So two ends that
// are both busy make no system calls, and two that take turns make one to sleep and one to wake.
#include <semaphore.h>

#include "bench/carriers/ends.h"
#include "bench/carriers/ring.h"

namespace minitalk {
namespace {

class Semaphores {
 public:
  void Become(End, WaitMode wait) { wait_ = wait; }
  bool AwaitEmpty(const Ring&, std::size_t) { return Await(&shared_->empty); }
  bool AwaitFilled(const Ring&, std::size_t) { return Await(&shared_->filled); }
  bool TellEmptied() { return sem_post(&shared_->empty) == 0; }
  bool TellFilled() { return sem_post(&shared_->filled) == 0; }

 private:
  struct Pair {
    Pair() {
      Require(sem_init(&empty, kBetweenProcesses, Ring::kSlots), "sem_init");
      Require(sem_init(&filled, kBetweenProcesses, 0), "sem_init");
    }
    static constexpr int kBetweenProcesses = 1;
    alignas(kCacheLine) sem_t empty;
    alignas(kCacheLine) sem_t filled;
  };

  bool Await(sem_t* semaphore) const {
    const bool spin = wait_ == WaitMode::kSpin;
    return Persist([&] { return spin ? sem_trywait(semaphore) : sem_wait(semaphore); }) == 0;
  }

  SharedMemory<Pair> shared_;
  WaitMode wait_ = WaitMode::kSleep;
};

}  // namespace

extern const CarrierInfo kShmSem;
constinit const CarrierInfo kShmSem{
    .name = "shm-sem",
    .alias = "shm",
    .summary = "a ring in shared memory, two semaphores to wait at",
    .steps = {.make = "mmap(2) of shared memory, sem_init(3) of two semaphores in it",
              .send =
                  "sem_wait(3) for an empty slot, memcpy into it, sem_post(3): a slot is filled",
              .receive = "sem_wait(3) for a filled slot, memcpy out, sem_post(3): it is empty"},
    .costs = {"0 to 2 + 0 to 2", "2", "8 KiB", "128 KiB", "none"},
    .make = MakeChannel<RingChannel<Semaphores>>,
};

}  // namespace minitalk

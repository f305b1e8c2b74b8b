// The ring of `shm-sem`, and nothing else: the writer polls the reader's index, the reader the
// writer's. Each index lies in a cache line of its own, so a message costs the journey of a few
// cache lines from one core to the other: the least there is. Each end burns a whole CPU; on one
// CPU a turn costs a time slice of the scheduler. Waiting by sleep is not offered.
#include "bench/carriers/ring.h"

namespace minitalk {
namespace {

class Polling {
 public:
  void Become(End, WaitMode) {}
  bool AwaitEmpty(const Ring& ring, std::size_t bytes) {
    while (ring.Room() < bytes) {
    }
    return true;
  }
  bool AwaitFilled(const Ring& ring, std::size_t bytes) {
    while (ring.Filled() < bytes) {
    }
    return true;
  }
  // The other side sees the index.
  bool TellEmptied() { return true; }
  bool TellFilled() { return true; }
};

}  // namespace

extern const CarrierInfo kShmSpin;
constinit const CarrierInfo kShmSpin{
    .name = "shm-spin",
    .summary = "a ring in shared memory, polled: no system call at all",
    .steps = {.make = "mmap(2) of shared memory",
              .send = "polls the reader's index for room, memcpy, moves its own index on",
              .receive = "polls the writer's index for bytes, memcpy, moves its own index on"},
    .costs = {"0 + 0", "2", "8 KiB", "128 KiB", "none"},
    .sleeps = false,
    .make = MakeChannel<RingChannel<Polling>>,
};

}  // namespace minitalk

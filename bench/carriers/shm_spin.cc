// `shm-spin`: shared memory and nothing else. Each side looks at the other's index until it has
// moved on, so the kernel has no part in it, and each side wants a CPU to itself.
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

// The kernel keeps a ring of 16 pages. `write` copies into them and wakes a reader, `read` copies
// out and wakes a writer that found them full; a lock is held for both. Small messages cost two
// system calls and, if the reader sleeps, a wake-up and a change of context. Long ones are limited
// by copying twice and by the 64 KiB that are under way at most. If all write ends are closed
// `read` returns 0; if all read ends are, `write` fails with EPIPE. That is why each process closes
// what it does not need.
#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "bench/carriers/ends.h"

namespace minitalk {
namespace {

Ends MakePipe() {
  std::array<int, 2> ends{};
  Require(pipe2(ends.data(), O_CLOEXEC), "pipe2");
  return {Fd(ends[0]), Fd(ends[1])};
}

}  // namespace

extern const CarrierInfo kPipe;
constinit const CarrierInfo kPipe{
    .name = "pipe",
    .summary = "a nameless pipe",
    .steps = {.make = "pipe2(2)",
              .send = "write(2) copies into the pipe's pages and waits while they are full",
              .receive = "read(2) copies out of them and waits while they are empty"},
    .costs = {"1 + 1", "2", "64 KiB", "64 KiB", "none"},
    .tells_death = true,
    .make = MakeStream<MakePipe>,
};

}  // namespace minitalk

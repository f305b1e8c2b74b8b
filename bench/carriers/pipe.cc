// `pipe`: the kernel keeps the bytes in a ring of pages until they are read.
#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "bench/carriers/ends.h"
#include "bench/carriers/kernel_calls.h"

namespace minitalk {
namespace {

Ends MakePipe() {
  std::array<int, 2> ends{};
  Require(pipe2(ends.data(), O_CLOEXEC), "pipe2");
  return {Fd(ends[0]), Fd(ends[1])};
}

class Pipe final : public StreamChannel {
 public:
  Pipe() : StreamChannel(MakePipe()) {}
};

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
    .make = MakeChannel<Pipe>,
};

}  // namespace minitalk

// `write` allocates a buffer, copies into it and hangs it into the other socket's queue; `read`
// copies out and frees it. Allocation and accounting make it dearer than a pipe for small messages;
// for long ones the larger queue means fewer waits. The limit is the sender's buffer
// (`net.core.wmem_default`). Here a socket of each pair only sends and the other only receives.
#include <sys/socket.h>

#include <array>

#include "bench/carriers/ends.h"

namespace minitalk {
namespace {

Ends MakeSockets() {
  std::array<int, 2> ends{};
  Require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), "socketpair");
  return {Fd(ends[0]), Fd(ends[1])};
}

}  // namespace

extern const CarrierInfo kUnix;
constinit const CarrierInfo kUnix{
    .name = "unix",
    .summary = "a pair of Unix stream sockets",
    .steps = {.make = "socketpair(2)",
              .send = "write(2) queues buffers at the other socket and waits while it has too many",
              .receive = "read(2) copies out of the queue and waits while it is empty"},
    .costs = {"1 + 1", "2", "some 200 KiB", "some 200 KiB", "none"},
    .tells_death = true,
    .make = MakeStream<MakeSockets>,
};

}  // namespace minitalk

#include "apps/carrier_ends.h"

#include <poll.h>
#include <sysexits.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <vector>

namespace minitalk {
namespace {

using Clock = std::chrono::steady_clock;

// A block is its length, 64 bits as this machine writes them, and as many bytes. An empty one ends
// the message.
using BlockLength = std::uint64_t;
constexpr std::size_t kBlockBytes = 65536;

constexpr std::byte kWritten{0};
constexpr std::byte kNotWritten{1};

bool SendBlock(Carrier& carrier, std::span<const std::byte> bytes) {
  const BlockLength length = bytes.size();
  return carrier.Send(std::as_bytes(std::span(&length, 1))) && carrier.Send(bytes);
}

// False: the client is gone. `*block` is empty at the end of the message.
bool ReceiveBlock(Carrier& carrier, std::vector<std::byte>* block) {
  BlockLength length = 0;
  if (!carrier.Receive(std::as_writable_bytes(std::span(&length, 1)))) return false;
  if (length > kBlockBytes) return false;
  block->resize(length);
  return carrier.Receive(*block);
}

// False: errno says why. A reader that does not read is the parent's business: it has the clock.
bool WriteAll(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EAGAIN) {
      pollfd writable = {.fd = fd, .events = POLLOUT, .revents = 0};
      poll(&writable, 1, -1);
    } else if (written < 0 && errno != EINTR) {
      return false;
    } else if (written > 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }
  return true;
}

// The verdict: what the client has to exit with.
int AwaitVerdict(const Surroundings& here) {
  here.log.Detail("sent the empty block that ends the message; waits for the verdict");
  const auto verdict = here.carrier.AwaitReply();
  if (!verdict) return EX_TEMPFAIL;
  here.log.Detail("got the verdict {}", static_cast<int>(*verdict));
  return *verdict == kWritten ? EX_OK : EX_IOERR;
}

}  // namespace

int SendOut(const Surroundings& here, Source& source) {
  const auto start = Clock::now();
  here.log.Detail("each block is a length and its bytes; {}", here.steps.send);
  for (bool last = false; !last;) {
    const Source::Piece piece = source.Peek(kBlockBytes);
    if (piece.failed) {
      here.log.Say("cannot read the input: {}", std::strerror(errno));
      return EX_NOINPUT;
    }
    last = piece.last;
    ++here.course.moves;  // a slow input is no reason to give up
    if (piece.bytes.empty()) continue;
    if (!SendBlock(here.carrier, piece.bytes)) return EX_TEMPFAIL;
    here.log.Detail("sent a block: {} + {} bytes", sizeof(BlockLength), piece.bytes.size());
    source.Consume(piece.bytes.size());
  }
  if (!SendBlock(here.carrier, {})) return EX_TEMPFAIL;
  const int code = AwaitVerdict(here);
  here.course.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return code;
}

int WriteOut(const Surroundings& here, int fd) {
  std::vector<std::byte> block;
  here.log.Detail("waits for blocks; {}", here.steps.receive);
  for (;;) {
    if (!ReceiveBlock(here.carrier, &block)) return EX_TEMPFAIL;
    if (block.empty()) break;
    if (!WriteAll(fd, block)) {
      here.log.Say("cannot write to standard output: {}", std::strerror(errno));
      here.carrier.Reply(kNotWritten);
      return EX_IOERR;
    }
    here.course.bytes += block.size();
    ++here.course.moves;
    here.log.Detail("received a block and wrote its {} bytes out", block.size());
  }
  here.log.Detail("the message is complete; replies the verdict {}", static_cast<int>(kWritten));
  return here.carrier.Reply(kWritten) ? EX_OK : EX_TEMPFAIL;
}

}  // namespace minitalk

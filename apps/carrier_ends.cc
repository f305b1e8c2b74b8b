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
int AwaitVerdict(const EndContext& end) {
  end.log.Detail("sent the empty block that ends the message; waits for the verdict");
  const auto verdict = end.carrier.AwaitReply();
  if (!verdict) return EX_TEMPFAIL;
  end.log.Detail("got the verdict {}", static_cast<int>(*verdict));
  return *verdict == kWritten ? EX_OK : EX_IOERR;
}

}  // namespace

int SendOut(const EndContext& end, Source& source) {
  const auto start = Clock::now();
  end.log.Detail("each block is a length and its bytes; {}", end.steps.send);
  for (bool last = false; !last;) {
    const Source::Piece piece = source.Peek(kBlockBytes);
    if (piece.failed) {
      end.log.Say("cannot read the input: {}", std::strerror(errno));
      return EX_NOINPUT;
    }
    last = piece.last;
    ++end.progress.moves;  // a slow input is no reason to give up
    if (piece.bytes.empty()) continue;
    if (!SendBlock(end.carrier, piece.bytes)) return EX_TEMPFAIL;
    end.log.Detail("sent a block: {} + {} bytes", sizeof(BlockLength), piece.bytes.size());
    source.Consume(piece.bytes.size());
  }
  if (!SendBlock(end.carrier, {})) return EX_TEMPFAIL;
  const int code = AwaitVerdict(end);
  end.progress.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return code;
}

int WriteOut(const EndContext& end, int fd) {
  std::vector<std::byte> block;
  end.log.Detail("waits for blocks; {}", end.steps.receive);
  for (;;) {
    if (!ReceiveBlock(end.carrier, &block)) return EX_TEMPFAIL;
    if (block.empty()) break;
    if (!WriteAll(fd, block)) {
      end.log.Say("cannot write to standard output: {}", std::strerror(errno));
      end.carrier.Reply(kNotWritten);
      return EX_IOERR;
    }
    end.progress.bytes += block.size();
    ++end.progress.moves;
    end.log.Detail("received a block and wrote its {} bytes out", block.size());
  }
  end.log.Detail("the message is complete; replies the verdict {}", static_cast<int>(kWritten));
  return end.carrier.Reply(kWritten) ? EX_OK : EX_TEMPFAIL;
}

}  // namespace minitalk

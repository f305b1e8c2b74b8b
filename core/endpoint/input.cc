#include "core/endpoint/input.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace minitalk {
namespace {

constexpr std::size_t kPrefetchBytes = kMaxFrameBytes + 1;

// Well below any sensible idle limit of a server, and below the timeout of a link that a stranger
// has disturbed.
constexpr std::chrono::milliseconds kKeepAlive{250};

}  // namespace

// Reads at most `want` bytes more; waits if there is nothing yet. False: an error.
bool DescriptorSource::ReadSome(std::size_t want) {
  const std::size_t before = buffer_.size();
  buffer_.resize(before + want);
  ssize_t got = 0;
  do {
    got = read(fd_, buffer_.data() + before, want);
  } while (got < 0 && errno == EINTR);
  buffer_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got == 0) ended_ = true;
  if (got >= 0) return true;
  if (errno != EAGAIN) return false;
  ReadableWithin(kKeepAlive);  // a non-blocking pipe
  return true;
}

bool DescriptorSource::ReadableWithin(std::chrono::milliseconds timeout) const {
  pollfd readable = {.fd = fd_, .events = POLLIN, .revents = 0};
  return poll(&readable, 1, static_cast<int>(timeout.count())) == 1;
}

bool DescriptorSource::Prefetch() {
  while (!ended_ && buffer_.size() < kPrefetchBytes) {
    if (!ReadSome(kPrefetchBytes - buffer_.size())) return false;
  }
  return true;
}

std::uint64_t DescriptorSource::Length() const {
  if (ended_) return consumed_ + buffer_.size();
  struct stat info = {};
  const bool regular = fstat(fd_, &info) == 0 && S_ISREG(info.st_mode);
  return regular ? static_cast<std::uint64_t>(info.st_size) : kUnknownLength;
}

Source::Piece DescriptorSource::Peek(std::size_t want) {
  // One byte more than wanted tells whether this piece is the last.
  while (!ended_ && buffer_.size() <= want) {
    const auto timeout = buffer_.empty() ? kKeepAlive : std::chrono::milliseconds(0);
    if (!ReadableWithin(timeout)) break;
    if (!ReadSome(want + 1 - buffer_.size())) return {{}, false, true};
  }
  const auto piece = std::span(buffer_).first(std::min(want, buffer_.size()));
  return {piece, ended_ && piece.size() == buffer_.size(), false};
}

void DescriptorSource::Consume(std::size_t bytes) {
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(bytes));
  consumed_ += bytes;
}

}  // namespace minitalk

#include "bench/carriers/ends.h"

#include <fcntl.h>
#include <unistd.h>

#include "bench/carriers/kernel_calls.h"

namespace minitalk {

void SetWaitMode(const Fd& fd, WaitMode wait) {
  const int flags = Require(fcntl(fd.get(), F_GETFL), "fcntl(F_GETFL)");
  const int wanted = wait == WaitMode::kSpin ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
  Require(fcntl(fd.get(), F_SETFL, wanted), "fcntl(F_SETFL)");
}

void Ends::Become(End end, WaitMode wait) {
  if (end != End::kReceiver) read = Fd();
  if (end != End::kSender) write = Fd();
  for (const Fd* fd : {&read, &write}) {
    if (fd->valid()) SetWaitMode(*fd, wait);
  }
}

bool StreamChannel::Write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto written =
        Persist([&] { return write(ends_.write.get(), bytes.data(), bytes.size()); });
    if (written <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

bool StreamChannel::Read(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const auto got = Persist([&] { return read(ends_.read.get(), bytes.data(), bytes.size()); });
    if (got <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

}  // namespace minitalk

#include "bench/carriers/ends.h"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace minitalk {

std::string PrivatePath(std::string_view folder) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<unsigned char, 16> random{};
  // So few bytes are never delivered in part.
  Require(static_cast<int>(Persist([&] { return getrandom(random.data(), random.size(), 0); })),
          "getrandom");
  std::string path(folder);
  path += "/minitalk-carrier-";
  for (const unsigned char byte : random) {
    path += kDigits[byte >> 4];
    path += kDigits[byte & 0xf];
  }
  return path;
}

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

// A queue without readers, or without writers, is as good as any: there is nothing to notice.
bool QueueChannel::Write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto message = bytes.first(std::min(bytes.size(), largest_));
    if (!SendMessage(message)) return false;
    bytes = bytes.subspan(message.size());
  }
  return true;
}

bool QueueChannel::Read(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const auto got = ReceiveMessage(bytes);
    if (got <= 0 || static_cast<std::size_t>(got) > bytes.size()) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

}  // namespace minitalk

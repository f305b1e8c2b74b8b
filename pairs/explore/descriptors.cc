#include "pairs/explore/descriptors.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/os/fd.h"

namespace minitalk::explore {
namespace {

constexpr long kPidfdGetfd = 438;  // on every architecture; older headers lack it
constexpr std::size_t kMostDescriptors = 256;

std::uint64_t Argument(const Process& process, int index) {
  return Machine::Argument(process.entry, index);
}

// Behind `key`, of each such line of what /proc says of the descriptor.
std::vector<std::string> Details(const Process& process, int descriptor, std::string_view key) {
  std::ifstream file(fmt::format("/proc/{}/fdinfo/{}", process.tracee.id(), descriptor));
  std::vector<std::string> found;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(key)) found.push_back(line.substr(key.size()));
  }
  return found;
}

// By a descriptor of our own for the same file.
bool IsReadyFile(const Process& process, int descriptor, short events) {
  const Fd holder(static_cast<int>(syscall(SYS_pidfd_open, process.tracee.id(), 0)));
  const Fd copy(static_cast<int>(syscall(kPidfdGetfd, holder.get(), descriptor, 0)));
  if (!copy.valid()) return true;  // closed: the call fails at once
  const bool is_read = process.call == Call::k_read;
  if (is_read && (fcntl(copy.get(), F_GETFL) & O_NONBLOCK) != 0) return true;
  pollfd entry{.fd = copy.get(), .events = events, .revents = 0};
  return poll(&entry, 1, 0) > 0;
}

bool IsReady(const Process& process, int descriptor, short events) {
  const std::string target = TargetOfDescriptor(process, descriptor);
  if (target == "anon_inode:[signalfd]") {
    for (const std::string& mask : Details(process, descriptor, "sigmask:")) {
      for (const PendingSignal& signal : process.pending) {
        if ((std::stoull(mask, nullptr, 16) & Bit(signal.number)) != 0) return true;
      }
    }
    return false;
  }
  if (target == "anon_inode:[eventpoll]") {
    return std::ranges::any_of(Details(process, descriptor, "tfd:"), [&](const std::string& entry) {
      return IsReady(process, std::stoi(entry), POLLIN);
    });
  }
  return IsReadyFile(process, descriptor, events);
}

bool IsReadyForPoll(const Process& process) {
  std::vector<pollfd> entries(std::min<std::uint64_t>(Argument(process, 1), kMostDescriptors));
  if (!process.tracee.Read(Argument(process, 0), std::as_writable_bytes(std::span(entries)))) {
    return !entries.empty();
  }
  return std::ranges::any_of(entries, [&](const pollfd& entry) {
    return entry.fd >= 0 && IsReady(process, entry.fd, entry.events);
  });
}

bool IsReadyForSelect(const Process& process) {
  constexpr short kEvents[] = {POLLIN, POLLOUT, POLLPRI};
  const auto count = std::min<std::uint64_t>(Argument(process, 0), 1024);
  for (int set = 0; set < 3; ++set) {
    std::vector<std::uint64_t> words((count + 63) / 64);
    const std::uint64_t where = Argument(process, set + 1);
    if (where == 0 || !process.tracee.Read(where, std::as_writable_bytes(std::span(words)))) {
      continue;
    }
    for (std::uint64_t i = 0; i < count; ++i) {
      if ((words[i / 64] >> (i % 64) & 1) == 0) continue;
      if (IsReady(process, static_cast<int>(i), kEvents[set])) return true;
    }
  }
  return false;
}

}  // namespace

std::string TargetOfDescriptor(const Process& process, int descriptor) {
  std::error_code error;
  return std::filesystem::read_symlink(
             fmt::format("/proc/{}/fd/{}", process.tracee.id(), descriptor), error)
      .string();
}

bool MaySleep(std::string_view target) {
  return !target.starts_with('/') || target.starts_with("/dev/pts") || target == "/dev/tty";
}

bool IsReadyByDescriptor(const Process& process) {
  switch (process.call) {
    case Call::k_read:
    case Call::k_epoll_wait:
    case Call::k_epoll_pwait:
      return IsReady(process, static_cast<int>(Argument(process, 0)), POLLIN);
    case Call::k_poll:
    case Call::k_ppoll:
      return IsReadyForPoll(process);
    case Call::k_select:
    case Call::k_pselect6:
      return IsReadyForSelect(process);
    default:
      return false;
  }
}

}  // namespace minitalk::explore

#include "core/endpoint/output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/os/signals.h"

namespace minitalk {

namespace {

std::string_view View(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The length of a regular file that is being written at its end; nothing for anything else.
std::optional<off_t> EndOfFile(int fd) {
  struct stat info = {};
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  const bool appending = (fcntl(fd, F_GETFL) & O_APPEND) != 0;
  if (!appending && lseek(fd, 0, SEEK_CUR) != info.st_size) return std::nullopt;
  return info.st_size;
}

}  // namespace

Output::Output(int fd, OutputFormat format, std::chrono::milliseconds timeout,
               std::string first_line)
    : fd_(fd), format_(format), timeout_(timeout), first_line_(std::move(first_line)) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&shared_->mutex, &attributes);
  pthread_mutexattr_destroy(&attributes);
}

std::optional<Output::Turn> Output::Lock() {
  timespec until = {};
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += timeout_.count() / 1000;
  until.tv_nsec += timeout_.count() % 1000 * 1'000'000;
  if (until.tv_nsec >= 1'000'000'000) {
    ++until.tv_sec;
    until.tv_nsec -= 1'000'000'000;
  }
  const int error = pthread_mutex_clocklock(&shared_->mutex, CLOCK_MONOTONIC, &until);
  if (error == EOWNERDEAD) {
    pthread_mutex_consistent(&shared_->mutex);
  } else if (error != 0) {
    errno = error;
    return std::nullopt;
  }
  return Turn(this);
}

Output::Turn::~Turn() {
  if (output_ != nullptr) pthread_mutex_unlock(&output_->shared_->mutex);
}

template <typename Body>
bool Output::Turn::Transaction(Body body) {
  const HoldTermination hold;
  Shared& shared = *output_->shared_;
  if (!shared.introduced && !output_->WriteAll(output_->first_line_)) return false;
  shared.introduced = true;
  if (shared.torn && !output_->WriteAll("\n")) return false;
  const auto end = EndOfFile(output_->fd_);
  shared.torn = true;
  if (body()) {
    shared.torn = false;
    return true;
  }
  const int error = errno;
  if (end && ftruncate(output_->fd_, *end) == 0 && lseek(output_->fd_, *end, SEEK_SET) == *end) {
    shared.torn = false;
  }
  errno = error;
  return false;
}

bool Output::Turn::WriteFirstLine() {
  return Transaction([] { return true; });
}

bool Output::Turn::WriteLine(std::string_view line) {
  return Transaction([&] { return output_->WriteAll(fmt::format("{}\n", line)); });
}

bool Output::Turn::Write(const Spool& message) {
  if (output_->format_ == OutputFormat::kEscaped) {
    const auto text = message.Text();
    return text && WriteLine(EscapeForTerminal(*text));
  }
  return Transaction([&] {
    return message.ForEach([&](auto piece) { return output_->WriteAll(View(piece)); }) &&
           output_->WriteAll("\n");
  });
}

bool Output::Abandoned() const {
  pollfd output = {.fd = fd_, .events = 0, .revents = 0};
  return poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

bool Output::WriteAll(std::string_view bytes) {
  struct stat info = {};
  const bool regular = fstat(fd_, &info) == 0 && S_ISREG(info.st_mode);
  while (!bytes.empty()) {
    pollfd writable = {.fd = fd_, .events = POLLOUT, .revents = 0};
    const int ready = poll(&writable, 1, static_cast<int>(timeout_.count()));
    if (ready == 0) errno = ETIMEDOUT;
    if (ready == 0 || (ready < 0 && errno != EINTR && errno != EAGAIN)) return false;
    if (ready < 0) continue;
    // No more than poll() has promised room for, or a full pipe would block us for ever.
    const std::size_t size = regular ? bytes.size() : std::min<std::size_t>(bytes.size(), PIPE_BUF);
    const ssize_t written = write(fd_, bytes.data(), size);
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR && errno != EAGAIN) {
      return false;
    }
  }
  return true;
}

}  // namespace minitalk

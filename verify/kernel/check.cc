#include "verify/kernel/check.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string_view>

#define FACT_ENTRY(name) extern "C" const fact fact_##name;
#include "verify/kernel/facts.inc"
#undef FACT_ENTRY

namespace minitalk::verify {
namespace {

constexpr std::array kFacts{
#define FACT_ENTRY(name) &fact_##name,
#include "verify/kernel/facts.inc"
#undef FACT_ENTRY
};

// Guards against hanging only. A fact waits at most 20 s for an answer; the model makes hundreds of
// thousands of calls, and emulators are slow.
constexpr int kSeconds = 30;
constexpr int kModelSeconds = 600;

int SecondsFor(const fact& fact) {
  return std::string_view(fact.name).starts_with("model_") ? kModelSeconds : kSeconds;
}

std::int64_t Milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

// Appends what comes within `milliseconds`. False: nothing did.
bool ReadSome(int fd, int milliseconds, std::string* text) {
  pollfd readable{.fd = fd, .events = POLLIN, .revents = 0};
  if (poll(&readable, 1, milliseconds) != 1) return false;
  std::array<char, 4096> buffer;
  const ssize_t got = read(fd, buffer.data(), buffer.size());
  if (got > 0) text->append(buffer.data(), static_cast<std::size_t>(got));
  return got > 0;
}

// What `found` and the end of the process say together.
Outcome Judge(bool ended, int status, int seconds, std::string found) {
  while (found.ends_with('\n')) found.pop_back();
  if (!ended) {
    const std::string hung = "no answer within " + std::to_string(seconds) + " s";
    return {Answer::kNotAsLinux, found.empty() ? hung : found + "\n" + hung};
  }
  if (WIFSIGNALED(status)) {
    return {Answer::kNotAsLinux, found + "ended by signal " + std::to_string(WTERMSIG(status))};
  }
  if (WEXITSTATUS(status) == 0) return {Answer::kAsLinux, found};
  if (WEXITSTATUS(status) == kCannotBeAsked) return {Answer::kCannotBeAsked, found};
  if (found.empty()) found = "ended with status " + std::to_string(WEXITSTATUS(status));
  return {Answer::kNotAsLinux, found};
}

[[noreturn]] void Run(const fact& fact, int found_fd) {
  setpgid(0, 0);
  dup2(found_fd, STDOUT_FILENO);
  dup2(found_fd, STDERR_FILENO);
  fact.ask();
  _exit(0);
}

}  // namespace

std::span<const fact* const> AllFacts() { return kFacts; }

Outcome Ask(const fact& fact) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) return {Answer::kNotAsLinux, "pipe: " + std::string(strerror(errno))};
  const pid_t pid = fork();
  if (pid < 0) return {Answer::kNotAsLinux, "fork: " + std::string(strerror(errno))};
  if (pid == 0) {
    close(ends[0]);
    Run(fact, ends[1]);
  }
  setpgid(pid, pid);  // also here, so that the group exists whoever runs first
  close(ends[1]);
  const int seconds = SecondsFor(fact);
  const std::int64_t end = Milliseconds() + std::int64_t{seconds} * 1000;
  std::string found;
  int status = 0;
  bool ended = false;
  while (!ended && Milliseconds() < end) {
    // Does not sleep where the pipe is at its end already, so it asks again soon.
    if (!ReadSome(ends[0], 1, &found)) usleep(500);
    ended = waitpid(pid, &status, WNOHANG) == pid;
  }
  while (ReadSome(ends[0], 0, &found)) continue;
  kill(-pid, SIGKILL);  // what the fact has left behind, or the fact
  if (!ended) waitpid(pid, nullptr, 0);
  close(ends[0]);
  return Judge(ended, status, seconds, std::move(found));
}

void GoOnAfterExec() {
  const char* name = std::getenv("AFTER_EXEC");
  if (name == nullptr) return;
  for (const fact* fact : kFacts) {
    if (std::string_view(fact->name) != name) continue;
    fact->ask();
    _exit(0);
  }
}

}  // namespace minitalk::verify

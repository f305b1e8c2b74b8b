// The two programs as a user starts them, for the end-to-end tests.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "process_harness.h"

namespace minitalk {

// Started, and ready to be talked to. Killed at the end.
class Server {
 public:
  // Its standard output is captured, or goes to `output_path`.
  explicit Server(const std::vector<std::string>& options = {},
                  const std::string& output_path = "");

  // The same for a command that ends up as one.
  struct AsGiven {};
  Server(const std::vector<std::string>& command, AsGiven);

  Program& program() { return program_; }
  std::string pid() const { return std::to_string(program_.pid()); }

  // What came after the line with the pid, once `lines` more lines are there. REQUIRES: captured.
  std::string Messages(std::size_t lines);

  // Its session processes at this moment.
  std::vector<pid_t> Sessions() const;

  // Waits for a session that is in the middle of a transfer: it has used the CPU for a while.
  std::optional<pid_t> BusySession() const;

 private:
  Program program_;
};

// Exit codes that both have.
inline constexpr int kUsage = 64;
inline constexpr int kNoInput = 66;
inline constexpr int kUnavailable = 69;
inline constexpr int kOutputFailed = 74;
inline constexpr int kTryLater = 75;

struct ClientResult {
  int code;
  std::string out;
  std::string err;
};

// ./client with these words; `input` goes to its standard input through a pipe.
ClientResult RunClient(const std::vector<std::string>& words,
                       const std::optional<std::string>& input = std::nullopt);

// It ended with that exit code, and a diagnosis of exactly one line.
void ExpectRefusal(const ClientResult& client, int code);

std::vector<std::string> ClientCommand(const std::vector<std::string>& words);
std::vector<std::string> ServerCommand(const std::vector<std::string>& words);

// user + system time of a process so far, in clock ticks; -1 if it is gone.
long CpuTicks(pid_t pid);

// How often it gave up the CPU or lost it. A process that sleeps on does neither.
long ContextSwitches(pid_t pid);

}  // namespace minitalk

// Starting the programs, and looking at them through /proc.
#include "programs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "core/os/process_facts.h"

namespace minitalk {
namespace {

// A tenth of a second: no session needs that to begin and to find that nobody is there.
constexpr long kBusyTicks = 3;

std::string ReadAll(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

bool IsReady(pid_t pid) {
  const auto facts = InspectProcess(pid);
  const bool is_server = facts && (facts->name == kServerName || facts->name == kClassicServerName);
  return is_server && facts->state == 'S';
}

}  // namespace

std::vector<std::string> ClientCommand(const std::vector<std::string>& words) {
  std::vector<std::string> command{MINITALK_CLIENT};
  command.insert(command.end(), words.begin(), words.end());
  return command;
}

std::vector<std::string> ServerCommand(const std::vector<std::string>& words) {
  std::vector<std::string> command{MINITALK_SERVER};
  command.insert(command.end(), words.begin(), words.end());
  return command;
}

Server::Server(const std::vector<std::string>& options, const std::string& output_path)
    : program_(ServerCommand(options), {.input = {}, .output_path = output_path}) {
  if (output_path.empty()) {
    program_.AwaitLines(1);
  } else {
    Eventually([this] { return IsReady(program_.pid()); });
  }
}

Server::Server(const std::vector<std::string>& command, AsGiven) : program_(command) {
  program_.AwaitLines(1);
}

std::string Server::Messages(std::size_t lines) {
  program_.AwaitLines(lines + 1);
  const auto end = program_.out().find('\n');
  return end == std::string::npos ? "" : program_.out().substr(end + 1);
}

std::vector<pid_t> Server::Sessions() const {
  std::istringstream children(ReadAll("/proc/" + pid() + "/task/" + pid() + "/children"));
  std::vector<pid_t> sessions;
  for (pid_t child = 0; children >> child;) sessions.push_back(child);
  return sessions;
}

std::optional<pid_t> Server::BusySession() const {
  std::optional<pid_t> busy;
  Eventually([&] {
    for (const pid_t session : Sessions()) {
      if (CpuTicks(session) >= kBusyTicks) busy = session;
    }
    return busy.has_value();
  });
  return busy;
}

ClientResult RunClient(const std::vector<std::string>& words,
                       const std::optional<std::string>& input) {
  Program client(ClientCommand(words), {.input = input, .output_path = {}});
  const int code = client.Wait();
  return {code, client.out(), client.err()};
}

void ExpectRefusal(const ClientResult& client, int code) {
  EXPECT_EQ(client.code, code) << client.err;
  EXPECT_EQ(client.out, "");
  EXPECT_EQ(std::count(client.err.begin(), client.err.end(), '\n'), 1) << client.err;
  EXPECT_TRUE(client.err.starts_with("client: ")) << client.err;
}

long CpuTicks(pid_t pid) {
  // The name, the only field with spaces, ends at the last parenthesis; utime is the 12th after it.
  const std::string text = ReadAll("/proc/" + std::to_string(pid) + "/stat");
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return -1;
  std::istringstream fields(text.substr(name_end + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  long user = 0;
  long system = 0;
  fields >> user >> system;
  return user + system;
}

long ContextSwitches(pid_t pid) {
  std::istringstream lines(ReadAll("/proc/" + std::to_string(pid) + "/status"));
  long switches = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto at = line.find("ctxt_switches:");
    if (at != std::string::npos) switches += std::stol(line.substr(line.find(':') + 1));
  }
  return switches;
}

}  // namespace minitalk

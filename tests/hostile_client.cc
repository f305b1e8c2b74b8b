// A client that knocks like any other and then says whatever it is told: for the fault laboratory.
//
//   hostile_client PID HEX [stay]
//
// Sends the bytes by stop-and-wait and ends its turn; waits for the verdict and prints its name.
// Without HEX's end of turn (`stay`) it falls silent after the bytes until it is killed.
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstring>
#include <string_view>
#include <vector>

#include "core/kernel_link.h"
#include "core/process_facts.h"
#include "core/stop_and_wait.h"
#include "core/turn.h"

namespace minitalk {
namespace {

std::vector<std::byte> ParseHex(std::string_view text) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    unsigned value = 0;
    std::from_chars(text.data() + i, text.data() + i + 2, value, 16);
    bytes.push_back(static_cast<std::byte>(value));
  }
  return bytes;
}

std::optional<Process> Connect(pid_t pid) {
  PrepareSignals(kClientName);
  std::optional<Process> server;
  std::optional<Process> session;
  if (Process::Open(pid, &server) != Status::kOk) return session;
  for (int knocks = 0; knocks < 200 && !session; ++knocks) {
    server->Send(SIGUSR1);
    const auto answer = TakeSignalFor(std::chrono::milliseconds(50));
    if (answer && answer->sender != 0) Process::Open(answer->sender, &session);
  }
  return session;
}

int Talk(pid_t pid, std::string_view hex, bool stay) {
  std::optional<Process> session = Connect(pid);
  if (!session) return 2;
  KernelLink link(std::move(*session), WaitMode::kSleep, std::chrono::seconds(20));
  if (!SendBytes(link, ParseHex(hex))) {
    fmt::print("{}\n", Explain(link.status()));
    return 1;
  }
  if (stay) {
    for (;;) ::pause();
  }
  SendOver(link);
  fmt::print("{}\n", Explain(AwaitVerdict(link)));
  return 0;
}

}  // namespace
}  // namespace minitalk

int main(int argc, char** argv) {
  if (argc < 3) return 64;
  const auto pid = minitalk::ParsePid(argv[1]);
  return pid ? minitalk::Talk(*pid, argv[2], argc > 3) : 64;
}

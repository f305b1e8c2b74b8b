// A process that is no client of ours, for the fault laboratory.
//
//   stranger PID storm SECONDS
//   stranger PID HEX [stay | again]
//
// A storm is SIGUSR1 and SIGUSR2 as fast as it can, by kill, tgkill and sigqueue in turn, until the
// time is over or the target is gone.
//
// Otherwise it connects to a server like any other client and then says what it is given: sends the
// bytes in rounds, as a header goes, and ends its turn; waits for the verdict and prints its name.
// With `stay` it falls silent after the bytes until it is killed; with `again` it goes on sending
// connect requests while it talks with the session.
#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "core/os/kernel_link.h"
#include "core/os/process_facts.h"
#include "core/os/signals.h"
#include "core/wire/stop_and_wait.h"
#include "core/wire/turn.h"

namespace minitalk {
namespace {

int Storm(pid_t pid, double seconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  const sigval value = {};
  for (unsigned i = 0; std::chrono::steady_clock::now() < end; ++i) {
    const int signal = i % 2 == 0 ? SIGUSR1 : SIGUSR2;
    const int result = i % 3 == 0   ? kill(pid, signal)
                       : i % 3 == 1 ? static_cast<int>(syscall(SYS_tgkill, pid, pid, signal))
                                    : sigqueue(pid, signal, value);
    if (result != 0) return 0;
  }
  return 0;
}

std::vector<std::byte> ParseHex(std::string_view text) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    unsigned value = 0;
    std::from_chars(text.data() + i, text.data() + i + 2, value, 16);
    bytes.push_back(static_cast<std::byte>(value));
  }
  return bytes;
}

std::optional<Process> Connect(const Process& server) {
  PrepareSignals(kClientName);
  std::optional<Process> session;
  for (int requests = 0; requests < 200 && !session; ++requests) {
    server.Send(SIGUSR1);
    const auto answer = TakeSignalFor(std::chrono::milliseconds(50));
    if (answer && answer->sender != 0) Process::Open(answer->sender, &session);
  }
  return session;
}

int Talk(pid_t pid, std::string_view hex, std::string_view manner) {
  std::optional<Process> server;
  if (Process::Open(pid, &server) != Status::kOk) return 2;
  std::optional<Process> session = Connect(*server);
  if (!session) return 2;
  KernelLink link(std::move(*session), WaitMode::kSleep, std::chrono::seconds(20));
  const std::vector<std::byte> bytes = ParseHex(hex);
  std::span<const std::byte> left = bytes;
  for (bool wanted = true; wanted && !left.empty();) {
    if (manner == "again") server->Send(SIGUSR1);
    const auto piece = left.first(std::min(left.size(), kBitsPerRound));  // whole rounds
    wanted = SendRounds(link, piece) == Signal::kUsr1;
    left = left.subspan(piece.size());
  }
  if (!link.ok()) {
    fmt::print("{}\n", ToString(link.status()));
    return 1;
  }
  if (manner == "stay") {
    for (;;) ::pause();
  }
  SendOver(link);
  fmt::print("{}\n", ToString(AwaitVerdict(link)));
  return 0;
}

}  // namespace
}  // namespace minitalk

int main(int argc, char** argv) {
  if (argc < 3) return 64;
  const std::string_view what = argv[2];
  const std::string_view more = argc > 3 ? argv[3] : "";
  const auto pid = minitalk::ParsePid(argv[1]);
  if (!pid) return 64;
  return what == "storm" ? minitalk::Storm(*pid, std::atof(more.data()))
                         : minitalk::Talk(*pid, what, more);
}

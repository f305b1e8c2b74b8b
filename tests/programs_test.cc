// End to end: what ./client sends is what ./server prints, for every kind of message, protocol and
// option of the contract.
#include "programs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "protocols/registry.h"

namespace minitalk {
namespace {

using Json = nlohmann::ordered_json;

std::vector<std::string> KeysOf(const Json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

TEST(Programs, PidIsTheFirstLine) {
  Server server;
  EXPECT_EQ(server.program().out(), server.pid() + '\n');
}

TEST(Programs, MessagesOfAllKinds) {
  Server server;
  std::string expected;
  for (const std::string& message :
       {std::string("hello"), std::string(), std::string("Grüße, 世界, مرحبا, 🦊"),
        std::string(" two\nlines "), std::string("\x01\x7f\xff\xfe raw"), std::string("\"quoted\""),
        std::string("[1,2]"), std::string("{}%s\\n"), std::string("a=b"), std::string("--echo")}) {
    const ClientResult client = RunClient({server.pid(), "--", message});
    EXPECT_EQ(client.code, 0) << client.err;
    EXPECT_EQ(client.out + client.err, "");
    expected += message + '\n';
  }
  EXPECT_EQ(server.Messages(11), expected);
}

TEST(Programs, AMessageMayBeginWithADash) {
  Server server;
  std::string expected;
  for (const char* message : {"-hello", "-h!", "-5", "-v", "-=x"}) {
    const ClientResult client = RunClient({server.pid(), message});
    EXPECT_EQ(client.code, 0) << message << client.err;
    EXPECT_EQ(client.out, "");
    expected += std::string(message) + '\n';
  }
  const ClientResult behind = RunClient({server.pid(), "-hello", "--timeout", "9"});
  EXPECT_EQ(behind.code, 0) << behind.err;
  EXPECT_EQ(server.Messages(6), expected + "-hello\n");
}

TEST(Programs, FileWithEveryByte) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  const TemporaryFile file(bytes + '\0' + bytes);
  const TemporaryFile output;
  const Server server({}, output.path());
  const ClientResult client = RunClient({server.pid(), "--file", file.path()});
  EXPECT_EQ(client.code, 0) << client.err;
  EXPECT_EQ(output.Content(), server.pid() + '\n' + bytes + '\0' + bytes + '\n');
}

TEST(Programs, MebibyteFromAPipe) {
  // Long runs, so that it is quick, but with a place that shows any shift.
  std::string bytes(1 << 20, '\0');
  bytes.replace(500'000, 5, "here!");
  bytes.back() = 'x';
  const TemporaryFile output;
  const Server server({"--quiet"}, output.path());
  const ClientResult client = RunClient({server.pid(), "-", "--protocol", "rle"}, bytes);
  EXPECT_EQ(client.code, 0) << client.err;
  EXPECT_TRUE(output.Content() == server.pid() + '\n' + bytes + '\n') << "the output differs";
}

class EachProtocol : public testing::TestWithParam<const ProtocolInfo*> {};

std::string NameOfProtocol(const testing::TestParamInfo<const ProtocolInfo*>& param) {
  return std::string(param.param->name);
}

INSTANTIATE_TEST_SUITE_P(All, EachProtocol,
                         testing::ValuesIn(AllProtocols().begin(), AllProtocols().end()),
                         NameOfProtocol);

TEST_P(EachProtocol, DeliversByName) {
  const TemporaryFile output;
  const Server server({}, output.path());
  const std::string name(GetParam()->name);
  const TemporaryFile file(RandomBytes(100));
  const ClientResult client =
      RunClient({server.pid(), "--file", file.path(), "--protocol", name, "--stats"});
  ASSERT_EQ(client.code, 0) << client.err;
  EXPECT_EQ(output.Content(), server.pid() + '\n' + RandomBytes(100) + '\n');
  EXPECT_EQ(Json::parse(client.err)["protocol"], name);
}

TEST(Programs, ListProtocolsNamesThemAll) {
  const ClientResult client = RunClient({"--list-protocols"});
  EXPECT_EQ(client.code, 0);
  for (const ProtocolInfo* info : AllProtocols()) {
    EXPECT_NE(client.out.find(std::string(info->name)), std::string::npos);
    EXPECT_NE(client.out.find(std::string(info->summary)), std::string::npos);
  }
}

TEST(Programs, EchoComesBack) {
  Server server({"--echo"});
  for (const std::string& message : {std::string("round trip"), std::string(), RandomBytes(300)}) {
    const TemporaryFile file(message);
    const ClientResult client = RunClient({server.pid(), "--file", file.path(), "--echo"});
    EXPECT_EQ(client.code, 0) << client.err;
    EXPECT_EQ(client.out, message + '\n');
  }
  // A client that does not ask for it gets none.
  EXPECT_EQ(RunClient({server.pid(), "quiet"}).out, "");
}

TEST(Programs, OnceEndsAfterOne) {
  Server server({"--once"});
  EXPECT_EQ(RunClient({server.pid(), "only"}).code, 0);
  EXPECT_EQ(server.program().Wait(), 0);
  EXPECT_EQ(server.Messages(1), "only\n");
}

TEST(Programs, JsonLine) {
  Server server({"--json"});
  ASSERT_EQ(RunClient({server.pid(), "say \"hi\"\nwith \x80"}).code, 0);
  const std::string line = server.Messages(1);
  ASSERT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  const Json object = Json::parse(line);
  EXPECT_EQ(KeysOf(object),
            (std::vector<std::string>{"client_pid", "protocol", "bytes", "seconds",
                                      "goodput_bytes_per_second", "retries", "text"}));
  EXPECT_GT(object["client_pid"], 1);
  EXPECT_EQ(object["protocol"], ChooseProtocol(AllProtocols(), "auto")->Name());
  EXPECT_EQ(object["bytes"], 15);
  EXPECT_GT(object["seconds"], 0.0);
  EXPECT_GT(object["goodput_bytes_per_second"], 0.0);
  EXPECT_EQ(object["retries"], 0);
  EXPECT_EQ(object["text"], "say \"hi\"\nwith \uFFFD");
}

TEST(Programs, StatsLine) {
  Server server;
  const ClientResult client =
      RunClient({server.pid(), "0123456789", "--stats", "--protocol", "ack"});
  ASSERT_EQ(client.code, 0);
  const Json object = Json::parse(client.err);
  EXPECT_EQ(KeysOf(object),
            (std::vector<std::string>{"bytes", "seconds", "goodput_bytes_per_second",
                                      "signals_sent", "signals_received", "retries", "protocol"}));
  EXPECT_EQ(object["bytes"], 10);
  EXPECT_EQ(object["protocol"], "ack");
  EXPECT_EQ(object["retries"], 0);
  // A header of at least nine bytes, each round of three bits at least a signal and just one
  // acknowledgement; a body, each bit a signal and its acknowledgement; the end of the turn, the
  // verdict. One or more connect requests before, and one answer.
  const int rounds = 8 * 9 / 3 + 8 * 10;
  EXPECT_GE(object["signals_sent"], rounds + 1 + 1);
  EXPECT_GE(object["signals_received"], rounds + 1 + 1);
  EXPECT_LE(object["signals_received"], rounds + 1 + 1 + 3);  // the wait mode is another byte
}

TEST(Programs, SeveralClientsInARow) {
  Server server;
  std::string expected;
  for (int i = 0; i < 12; ++i) {
    const std::string message = "message " + std::to_string(i);
    EXPECT_EQ(RunClient({server.pid(), message}).code, 0);
    expected += message + '\n';
  }
  EXPECT_EQ(server.Messages(12), expected);
}

TEST(Programs, SeveralClientsAtOnce) {
  for (const char* sessions : {"1", "64"}) {
    Server server({"--max-sessions", sessions});
    std::vector<std::unique_ptr<Program>> clients;
    std::vector<std::string> expected;
    for (int i = 0; i < 6; ++i) {
      expected.push_back(std::string(40, static_cast<char>('a' + i)));
      clients.push_back(std::make_unique<Program>(
          ClientCommand({server.pid(), expected.back(), "--timeout", "30"})));
    }
    for (const auto& client : clients) EXPECT_EQ(client->Wait(), 0) << client->err();
    std::istringstream lines(server.Messages(6));
    std::vector<std::string> got;
    for (std::string line; std::getline(lines, line);) got.push_back(line);
    std::sort(got.begin(), got.end());
    EXPECT_EQ(got, expected);
  }
}

TEST(Programs, PlacementsAndWaits) {
  const bool two_cpus = ChooseCpus(Pin::kCross).has_value();
  Server server;
  std::size_t lines = 0;
  for (const char* pin : {"same", "cross", "none", "auto"}) {
    for (const char* wait : {"sleep", "spin", "auto"}) {
      const bool possible = two_cpus || pin != std::string("cross");
      const ClientResult client = RunClient({server.pid(), "x", "--pin", pin, "--wait", wait});
      EXPECT_EQ(client.code == 0, possible) << pin << ' ' << wait << ' ' << client.err;
      lines += possible ? 1 : 0;
    }
  }
  std::string expected;
  for (std::size_t i = 0; i < lines; ++i) expected += "x\n";
  EXPECT_EQ(server.Messages(lines), expected);
}

TEST(Programs, APlaceThatCannotBeHadIsAnErrorBeforeAnythingIsSent) {
  Server server;
  const std::string result = InChild([&] {
    if (!ForbidCall(SYS_sched_setaffinity)) return std::string("(no seccomp)");
    const ClientResult client = RunClient({server.pid(), "x", "--pin", "same"});
    const ClientResult unpinned = RunClient({server.pid(), "y"});
    return fmt::format("{} {} {}", client.code, unpinned.code, client.err);
  });
  if (result == "(no seccomp)") GTEST_SKIP() << result;
  EXPECT_TRUE(result.starts_with("71 0 ")) << result;
  EXPECT_NE(result.find("--pin same"), std::string::npos) << result;
  EXPECT_NE(result.find("Operation not permitted"), std::string::npos) << result;
  EXPECT_EQ(server.Messages(1), "y\n");
}

// A pseudo-terminal, so that the server believes that a person reads it.
std::string PrintedOnTerminal(const std::vector<std::string>& options, const std::string& message) {
  const Fd terminal(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
  grantpt(terminal.get());
  unlockpt(terminal.get());
  const Server server(options, ptsname(terminal.get()));
  if (RunClient({server.pid(), message}).code != 0) return "(not delivered)";
  // The kernel passes the bytes on a little later, and not all at once.
  std::string printed;
  Eventually([&] {
    std::array<char, 1000> part;
    const ssize_t got = read(terminal.get(), part.data(), part.size());
    if (got > 0) printed.append(part.data(), static_cast<std::size_t>(got));
    return std::count(printed.begin(), printed.end(), '\n') >= 2;
  });
  return printed.substr(std::min(printed.size(), printed.find('\n') + 1));
}

TEST(Programs, TerminalIsProtected) {
  const std::string message = "\x1b[2J Grüße \xff";
  EXPECT_EQ(PrintedOnTerminal({}, message), "\\x1b[2J Grüße \\xff\r\n");
  EXPECT_EQ(PrintedOnTerminal({"--raw"}, message), message + "\r\n");
}

TEST(Programs, HelpAndVersion) {
  for (const char* option : {"--help", "--version"}) {
    Program server(ServerCommand({option}));
    EXPECT_EQ(server.Wait(), 0);
    EXPECT_NE(server.out(), "");
    const ClientResult client = RunClient({option});
    EXPECT_EQ(client.code, 0);
    EXPECT_NE(client.out, "");
  }
}

// Whoever starts the server may have blocked or ignored its signals.
TEST(Programs, ServerCleansUpInheritedSignals) {
  Server server({"sh", "-c", "trap '' USR1 USR2 PIPE CHLD; exec \"$0\"", MINITALK_SERVER},
                Server::AsGiven{});
  EXPECT_EQ(RunClient({server.pid(), "hello"}).code, 0);
  EXPECT_EQ(server.Messages(1), "hello\n");
  server.program().Send(SIGTERM);
  EXPECT_EQ(server.program().Wait(), 0);
}

}  // namespace
}  // namespace minitalk

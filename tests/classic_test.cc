// End to end: ./client --classic against ./server --classic, in every format; several clients, dead
// clients, and clients that say too much.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "core/os/process.h"
#include "core/os/signals.h"
#include "programs.h"

namespace minitalk {
namespace {

using std::chrono::milliseconds;

std::vector<std::string> Classic(const std::string& format, std::vector<std::string> words = {}) {
  words.insert(words.begin(), {"--classic", format});
  return words;
}

ClientResult SendTo(Server& server, const std::string& text, const std::string& format,
                    std::vector<std::string> options = {}) {
  auto words = Classic(format, std::move(options));
  words.push_back("--");
  words.push_back(server.pid());
  words.push_back(text);
  return RunClient(words);
}

// Text of `size` bytes in which a lost or doubled byte shows.
std::string Text(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i) + ' ';
  text.resize(size);
  return text;
}

// ---- Every format -------------------------------------------------------------------------------

using Words = std::tuple<const char*, const char*, const char*, const char*>;
class EveryFormat : public testing::TestWithParam<Words> {};

INSTANTIATE_TEST_SUITE_P(All, EveryFormat,
                         testing::Combine(testing::Values("msb", "lsb"),
                                          testing::Values("usr1=0", "usr1=1"),
                                          testing::Values("nul", "len32", "len64"),
                                          testing::Values("ack=bit", "ack=byte", "ack=none")));

// Without acknowledgements the client looks into /proc after each bit, so nothing is lost even
// without a pause.
TEST_P(EveryFormat, AllSizes) {
  const auto& [order, polarity, framing, ack] = GetParam();
  const bool per_bit = ack == std::string("ack=bit");
  for (const char* signal : {"acksig=usr1", "acksig=usr2"}) {
    const std::string format = fmt::format("{},{},{},{},{}{}", order, polarity, framing, ack,
                                           signal, per_bit ? "" : ",pause=0");
    SCOPED_TRACE(format);
    Server server(Classic(format));
    std::string expected;
    for (const std::string& text :
         {std::string(), std::string("x"), Text(100), Text(1000), std::string("wörld 😀 שלום")}) {
      const ClientResult client = SendTo(server, text, format);
      EXPECT_EQ(client.code, 0) << client.err;
      expected += text + '\n';
    }
    EXPECT_EQ(server.Messages(5), expected);
    EXPECT_TRUE(server.program().err().empty()) << server.program().err();
  }
}

TEST(Classic, FinalSignal) {
  for (const char* format : {"end=usr2", "acksig=usr2,end=usr1,lsb,len32", "ack=none,end=usr1",
                             "ack=byte,end=usr2,len64"}) {
    SCOPED_TRACE(format);
    Server server(Classic(format));
    EXPECT_EQ(SendTo(server, "the end", format).code, 0);
    EXPECT_EQ(SendTo(server, "", format).code, 0);
    EXPECT_EQ(server.Messages(2), "the end\n\n");
  }
}

// All answers came, but not the one that was to say that the message is whole.
TEST(Classic, MissingFinalSignal) {
  Server server(Classic("acksig=usr1"));
  const ClientResult client = SendTo(server, "x", "end=usr2", {"--timeout", "0.5"});
  EXPECT_EQ(client.code, kTryLater) << client.err;
}

TEST(Classic, AllBytes) {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  const TemporaryFile file(bytes);
  Server server(Classic("lsb,len32"));
  EXPECT_EQ(RunClient(Classic("lsb,len32", {server.pid(), "--file", file.path()})).code, 0);
  EXPECT_EQ(RunClient(Classic("lsb,len32", {server.pid(), "-"}), bytes).code, 0);
  // One of the bytes is a line feed.
  EXPECT_EQ(server.Messages(4), bytes + '\n' + bytes + '\n');
}

// ---- The options of before ----------------------------------------------------------------------

TEST(Classic, Json) {
  Server server(Classic("lsb", {"--json"}));
  EXPECT_EQ(SendTo(server, "über", "lsb").code, 0);
  const auto object = nlohmann::json::parse(server.Messages(1));
  EXPECT_EQ(object["text"], "über");
  EXPECT_EQ(object["bytes"], 5);
  EXPECT_EQ(object["protocol"], "classic:lsb,usr1=0,nul,ack=bit,acksig=usr1");
  EXPECT_GT(object["client_pid"], 1);
}

TEST(Classic, Stats) {
  Server server(Classic("msb"));
  const ClientResult client = SendTo(server, "abc", "msb", {"--stats", "--pin", "same"});
  const auto object = nlohmann::json::parse(client.err);
  EXPECT_EQ(object["bytes"], 3);
  EXPECT_EQ(object["signals_sent"], 32);
  EXPECT_EQ(object["signals_received"], 32);
  EXPECT_EQ(object["protocol"], "classic:msb,usr1=0,nul,ack=bit,acksig=usr1");
}

TEST(Classic, OnceAndPidfile) {
  const TemporaryFile pidfile;
  Server server(Classic("msb", {"--once", "--pidfile", pidfile.path()}));
  EXPECT_EQ(pidfile.Content(), server.pid() + '\n');
  EXPECT_EQ(SendTo(server, "only", "msb").code, 0);
  EXPECT_EQ(server.program().Wait(), 0);
  EXPECT_EQ(server.Messages(1), "only\n");
  EXPECT_EQ(pidfile.Content(), "");
}

TEST(Classic, EndsBySigterm) {
  Server server(Classic("msb"));
  server.program().Send(SIGTERM);
  EXPECT_EQ(server.program().Wait(), 0);
}

// Nobody is told that a message has arrived which was not written out.
TEST(Classic, FullOutput) {
  Server server(Classic("msb"), "/dev/full");
  const ClientResult client = SendTo(server, "x", "msb", {"--timeout", "0.5"});
  EXPECT_EQ(client.code, kTryLater) << client.err;
  server.program().Send(SIGTERM);
  EXPECT_EQ(server.program().Wait(), 0);
}

TEST(Classic, SleepsWhenIdle) {
  Server server(Classic("msb"));
  EXPECT_EQ(SendTo(server, "x", "msb").code, 0);
  server.Messages(1);
  std::this_thread::sleep_for(milliseconds(100));
  const long before = ContextSwitches(std::stoi(server.pid()));
  std::this_thread::sleep_for(milliseconds(300));
  EXPECT_EQ(ContextSwitches(std::stoi(server.pid())), before);
}

// ---- Several clients, dead ones, greedy ones ----------------------------------------------------

// They share two slots, so bits vanish and clients stall. But no message is mixed up with another:
// it is printed if and only if its client was told so.
TEST(Classic, ClientsAtOnce) {
  Server server(Classic("msb", {"--idle-timeout", "1"}));
  std::vector<std::string> texts;
  std::vector<std::unique_ptr<Program>> clients;
  for (int i = 0; i < 4; ++i) {
    texts.push_back("client " + std::to_string(i) + ' ' + Text(50));
    clients.push_back(std::make_unique<Program>(
        ClientCommand(Classic("msb", {server.pid(), texts.back(), "--timeout", "0.5"}))));
  }
  std::vector<std::string> delivered;
  for (std::size_t i = 0; i < clients.size(); ++i) {
    const int code = clients[i]->Wait();
    if (code == 0) delivered.push_back(texts[i]);
    EXPECT_TRUE(code == 0 || code == kTryLater) << code << clients[i]->err();
  }
  EXPECT_EQ(SendTo(server, "alone", "msb").code, 0);
  delivered.emplace_back("alone");
  std::istringstream lines(server.Messages(delivered.size()));
  std::vector<std::string> printed;
  for (std::string line; std::getline(lines, line);) printed.push_back(line);
  std::sort(printed.begin(), printed.end());
  std::sort(delivered.begin(), delivered.end());
  EXPECT_EQ(printed, delivered);
}

// A client that sends these bits and then does as it is told. It catches the answers.
Child SendBits(Server& server, const std::string& bits, bool stays) {
  const pid_t pid = server.program().pid();
  return Child([=] {
    PrepareSignals("bits");
    std::optional<Process> process;
    if (Process::Open(pid, &process) != Status::kOk) return std::string("no server");
    std::string answers;
    for (const char bit : bits) {
      process->Send(bit == '0' ? SIGUSR1 : SIGUSR2);
      const auto answer =
          TakeSignalFor(milliseconds(bits.size() == answers.size() + 1 ? 500 : 10000));
      answers += answer ? (answer->signal == SIGUSR1 ? '1' : '2') : '-';
    }
    while (stays) std::this_thread::sleep_for(milliseconds(100));
    return answers;
  });
}

TEST(Classic, ClientThatEndsInTheMiddle) {
  Server server(Classic("msb"));
  for (const char* bits : {"0", "0110000", "01100001", "0110000101"}) {
    EXPECT_TRUE(SendBits(server, bits, false).Result());
    EXPECT_EQ(SendTo(server, bits, "msb").code, 0);
  }
  EXPECT_EQ(server.Messages(4), "0\n0110000\n01100001\n0110000101\n");
}

TEST(Classic, KilledClient) {
  Server server(Classic("msb"));
  const TemporaryFile file(Text(500'000));
  {
    Program client(ClientCommand(Classic("msb", {server.pid(), "--file", file.path()})));
    ASSERT_TRUE(Eventually([&] { return CpuTicks(server.program().pid()) >= 3; }));
    client.Send(SIGKILL);
    EXPECT_EQ(client.Wait(), 128 + SIGKILL);
  }
  EXPECT_EQ(SendTo(server, "next", "msb").code, 0);
  EXPECT_EQ(server.Messages(1), "next\n");
}

// Gets the next process that is started this pid, if nobody else is quicker. False: not allowed.
bool GiveNext(pid_t pid) {
  return static_cast<bool>(std::ofstream("/proc/sys/kernel/ns_last_pid") << pid - 1 << std::flush);
}

// A new process with a dead client's pid does not go on where that one ended.
TEST(Classic, ReusedPid) {
  if (!GiveNext(getpid())) GTEST_SKIP() << "choosing pids is not permitted here";
  Server server(Classic("msb"));
  for (int attempt = 0; attempt < 20; ++attempt) {
    pid_t pid = 0;
    {
      const Child dying = SendBits(server, "0110", false);
      pid = dying.pid();
      EXPECT_EQ(dying.Result(), "1111");
      server.program().Send(SIGSTOP);
    }
    ASSERT_TRUE(GiveNext(pid));
    Program client(ClientCommand(Classic("msb", {server.pid(), "mine"})));
    server.program().Send(SIGCONT);
    EXPECT_EQ(client.Wait(), 0) << client.err();
    EXPECT_TRUE(server.Messages(1).ends_with("mine\n"));
    if (client.pid() == pid) return;
  }
  GTEST_SKIP() << "other processes were always quicker to take the pid";
}

TEST(Classic, SilentClientIsDropped) {
  Server server(Classic("msb", {"--idle-timeout", "0.2", "--once"}));
  const Child silent = SendBits(server, "0110000", true);
  ASSERT_TRUE(Eventually([&] {
    server.program().Wait(milliseconds(20));
    return server.program().err().find("--idle-timeout") != std::string::npos;
  }));
  EXPECT_EQ(SendTo(server, "next", "msb").code, 0);
  EXPECT_EQ(server.program().Wait(), 0);
  EXPECT_EQ(server.Messages(1), "next\n");
}

TEST(Classic, HeaderThatClaimsTooMuch) {
  Server server(Classic("len32", {"--max-message", "1000"}));
  const ClientResult client = SendTo(server, Text(1001), "len32", {"--timeout", "0.5"});
  EXPECT_EQ(client.code, kTryLater) << client.err;
  // 32 ones: 31 are answered, and then nobody listens any more.
  EXPECT_EQ(SendBits(server, std::string(32, '1'), false).Result(), std::string(31, '1') + '-');
  EXPECT_EQ(SendTo(server, Text(1000), "len32").code, 0);
  EXPECT_EQ(server.Messages(1), Text(1000) + '\n');
  server.program().Send(SIGTERM);
  EXPECT_EQ(server.program().Wait(), 0);
  EXPECT_NE(server.program().err().find("--max-message"), std::string::npos);
}

TEST(Classic, TooLongWithoutAHeader) {
  Server server(Classic("nul", {"--max-message", "10"}));
  EXPECT_EQ(SendTo(server, "12345678901", "nul", {"--timeout", "0.5"}).code, kTryLater);
  EXPECT_EQ(SendTo(server, "1234567890", "nul").code, 0);
  EXPECT_EQ(server.Messages(1), "1234567890\n");
}

}  // namespace
}  // namespace minitalk

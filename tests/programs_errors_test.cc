// End to end: what goes wrong from the beginning. Each case has its exit status and one line that
// says what happened, and nothing is ever sent to a process that did not ask for it.
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "core/os/process_facts.h"
#include "programs.h"

namespace minitalk {
namespace {

constexpr int kRefused = 1;
constexpr int kNotPermitted = 77;

class BadPid : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(All, BadPid,
                         testing::Values("0", "-1", "1", "abc", "12x", "4294967297", "", " ", "+5",
                                         "1e3", "0x10", "-0", "99999999999999999999"));

TEST_P(BadPid, IsAUsageError) { ExpectRefusal(RunClient({GetParam(), "x"}), kUsage); }

TEST(Errors, OwnPid) {
  Program client({"sh", "-c", "exec \"$0\" $$ x", MINITALK_CLIENT});
  EXPECT_EQ(client.Wait(), kUsage);
  EXPECT_NE(client.err(), "");
}

TEST(Errors, BystanderIsNotHarmed) {
  Program bystander({"sleep", "600"});
  ExpectRefusal(RunClient({std::to_string(bystander.pid()), "x", "--timeout", "0.2"}),
                kUnavailable);
  // A signal would have killed it.
  EXPECT_EQ(bystander.Wait(std::chrono::milliseconds(50)), -1);
}

// It may have the name of a server by chance, but an uncaught signal would kill it.
TEST(Errors, ImpostorIsNotHarmed) {
  const Child impostor([] {
    prctl(PR_SET_NAME, kServerName);
    sleep(600);
    return std::string();
  });
  ASSERT_TRUE(Eventually([&] {
    const auto facts = InspectProcess(impostor.pid());
    return facts && facts->name == kServerName && facts->state == 'S';
  }));
  ExpectRefusal(RunClient({std::to_string(impostor.pid()), "x", "--timeout", "0.2"}), kUnavailable);
  EXPECT_EQ(InspectProcess(impostor.pid())->state, 'S');
}

TEST(Errors, DeadPid) {
  Program gone({"true"});
  const std::string pid = std::to_string(gone.pid());
  EXPECT_EQ(gone.Wait(), 0);
  // First a zombie, to which kill(2) would still succeed; then nothing at all.
  ExpectRefusal(RunClient({pid, "x", "--timeout", "5"}), kUnavailable);
  gone.Reap();
  ExpectRefusal(RunClient({pid, "x", "--timeout", "5"}), kUnavailable);
}

TEST(Errors, ZombieServer) {
  Server server;
  const std::string pid = server.pid();
  server.program().Send(SIGKILL);
  EXPECT_EQ(server.program().Wait(), 128 + SIGKILL);
  ExpectRefusal(RunClient({pid, "x", "--timeout", "5"}), kUnavailable);
}

TEST(Errors, Usage) {
  const TemporaryFile file("x");
  Server server;
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {server.pid()},
      {server.pid(), "x", "--file", file.path()},
      {server.pid(), "x", "y"},
      {server.pid(), "x", "--protocol", "telepathy"},
      {server.pid(), "x", "--protocol", ""},
      {server.pid(), "x", "--protocol", "ack:5"},
      {server.pid(), "x", "--protocol", "usleep:1x"},
      {server.pid(), "x", "--protocol", "usleep:-1"},
      {server.pid(), "x", "--protocol", "usleep:"},
      {server.pid(), "x", "--protocol"},
      {server.pid(), "x", "--wait", "never"},
      {server.pid(), "x", "--pin", "here"},
      {server.pid(), "x", "--timeout", "soon"},
      {server.pid(), "x", "--timeout", "-1"},
      {server.pid(), "x", "--timeout", "0"},
      {server.pid(), "x", "--timeout", "nan"},
      {server.pid(), "x", "--nonsense"},
  };
  for (const auto& words : wrong) {
    SCOPED_TRACE(testing::PrintToString(words));
    ExpectRefusal(RunClient(words), kUsage);
  }
  EXPECT_EQ(RunClient({server.pid(), "y"}).code, 0);
  EXPECT_EQ(server.Messages(1), "y\n");
}

TEST(Errors, MistypedProtocol) {
  const Server server;
  const ClientResult near = RunClient({server.pid(), "x", "--protocol", "lnaes"});
  ExpectRefusal(near, kUsage);
  EXPECT_NE(near.err.find("did you mean \"lanes\"?"), std::string::npos) << near.err;
  const ClientResult far = RunClient({server.pid(), "x", "--protocol", "telepathy"});
  EXPECT_EQ(far.err.find("did you mean"), std::string::npos) << far.err;
}

TEST(Errors, MistypedOption) {
  const Server server;
  for (const std::string option : {"--protcol", "--portocol=ack"}) {
    const ClientResult near = RunClient({server.pid(), "x", option});
    ExpectRefusal(near, kUsage);
    EXPECT_NE(near.err.find("did you mean \"--protocol\"?"), std::string::npos) << near.err;
  }
  const ClientResult far = RunClient({server.pid(), "x", "--telepathy"});
  EXPECT_EQ(far.err.find("did you mean"), std::string::npos) << far.err;
}

TEST(Errors, ServerUsage) {
  const std::vector<std::vector<std::string>> wrong = {
      {"--nonsense"},           {"word"},
      {"--max-message", "-1"},  {"--max-message", "much"},
      {"--max-sessions", "0"},  {"--max-sessions", "-1"},
      {"--idle-timeout", "-1"}, {"--idle-timeout", "nan"},
      {"--raw", "--json"},      {"--quiet", "--verbose"},
  };
  for (const auto& words : wrong) {
    SCOPED_TRACE(testing::PrintToString(words));
    Program server(ServerCommand(words));
    EXPECT_EQ(server.Wait(std::chrono::milliseconds(10'000)), kUsage);
    EXPECT_EQ(server.out(), "");
    EXPECT_NE(server.err(), "");
  }
}

TEST(Errors, UnreadableInput) {
  Server server;
  ExpectRefusal(RunClient({server.pid(), "--file", "/nonexistent/file"}), kNoInput);
  ExpectRefusal(RunClient({server.pid(), "--file", "/tmp"}), kNoInput);
  ExpectRefusal(RunClient({server.pid(), "--file", ""}), kNoInput);
  // Standard input that is closed.
  Program client({"sh", "-c", "exec \"$0\" \"$1\" - <&-", MINITALK_CLIENT, server.pid()});
  EXPECT_EQ(client.Wait(), kNoInput) << client.err();
}

TEST(Errors, TooLong) {
  Server server({"--max-message", "10"});
  ExpectRefusal(RunClient({server.pid(), "12345678901"}), kRefused);
  EXPECT_EQ(RunClient({server.pid(), "1234567890"}).code, 0);
  // From a pipe the length is known as well, if the end of the input is near.
  ExpectRefusal(RunClient({server.pid(), "-"}, "12345678901"), kRefused);
  EXPECT_EQ(RunClient({server.pid(), "-"}, "0987654321").code, 0);
  EXPECT_EQ(server.Messages(2), "1234567890\n0987654321\n");
}

// Longer than the client reads in advance, so that the header cannot say it.
TEST(Errors, TooLongUndeclared) {
  Server server({"--max-message", "1000000"});
  const std::string input((1 << 20) + 100, '\0');
  ExpectRefusal(RunClient({server.pid(), "-", "--protocol", "rle"}, input), kRefused);
  EXPECT_EQ(RunClient({server.pid(), "next"}).code, 0);
  EXPECT_EQ(server.Messages(1), "next\n");
}

TEST(Errors, NoEchoServer) {
  Server server;
  ExpectRefusal(RunClient({server.pid(), "x", "--echo"}), kUsage);
  EXPECT_EQ(RunClient({server.pid(), "y"}).code, 0);
  EXPECT_EQ(server.Messages(1), "y\n");
}

TEST(Errors, FullOutput) {
  Server server({}, "/dev/full");
  for (int i = 0; i < 2; ++i) {
    const ClientResult client = RunClient({server.pid(), "x"});
    ExpectRefusal(client, kRefused);
    EXPECT_NE(client.err.find("could not write"), std::string::npos) << client.err;
  }
  server.program().Send(SIGTERM);
  EXPECT_EQ(server.program().Wait(), 0);
}

// It is the client whose output is full, and it should not blame the server.
TEST(Errors, ReplyThatCannotBeWritten) {
  Server server({"--echo"});
  Program client(ClientCommand({server.pid(), "x", "--echo"}),
                 {.input = {}, .output_path = "/dev/full"});
  EXPECT_EQ(client.Wait(), kRefused);
  EXPECT_NE(client.err(), "");
  EXPECT_EQ(client.err().find("the server could not write"), std::string::npos) << client.err();
  EXPECT_EQ(server.Messages(1), "x\n");
}

TEST(Errors, ClosedOutput) {
  Program server({"sh", "-c", "exec \"$0\" >&-", MINITALK_SERVER});
  const std::string pid = std::to_string(server.pid());
  ASSERT_TRUE(Eventually([&] { return RunClient({pid, "x"}).code == kRefused; }));
  server.Send(SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
}

TEST(Errors, NotPermitted) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  const std::string user = "65534";
  const std::vector<std::string> become{"setpriv", "--reuid=" + user, "--regid=" + user,
                                        "--clear-groups"};
  const auto as_user = [&](std::vector<std::string> words) {
    words.insert(words.begin(), become.begin(), become.end());
    return words;
  };
  if (Program(as_user(ClientCommand({"--version"}))).Wait() != 0) {
    GTEST_SKIP() << "another user may not run the programs here";
  }
  Server server;
  Program client(as_user(ClientCommand({server.pid(), "x"})));
  EXPECT_EQ(client.Wait(), kNotPermitted) << client.err();
  // The other way round the server could not answer root.
  Program theirs(as_user(ServerCommand({})));
  ASSERT_TRUE(theirs.AwaitLines(1));
  ExpectRefusal(RunClient({std::to_string(theirs.pid()), "x"}), kNotPermitted);
}

}  // namespace
}  // namespace minitalk

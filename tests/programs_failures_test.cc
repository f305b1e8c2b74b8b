// End to end: what goes wrong on the way. Processes are stopped and killed in the middle, or reach
// a limit; nobody hangs, nothing half goes out, both sides say why, and the server serves on.
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "core/os/process_facts.h"
#include "programs.h"
#include "signal_probe.h"

namespace minitalk {
namespace {

// Much longer than it should take, much less than the transfer would or the hang guard.
constexpr std::chrono::milliseconds kSoon{20'000};

// Long enough never to be finished within a test: the longest that a server accepts, or by `ack`,
// which is far slower, an eighth of it.
std::string EndlessMessage(const std::string& protocol) {
  const std::string block = RandomBytes(1'000'003);
  std::string message;
  for (int i = 0; i < (protocol == "ack" ? 8 : 64); ++i) message += block;
  return message;
}

// A client in the middle of a transfer, and its session.
class Transfer {
 public:
  explicit Transfer(Server& server, const std::string& timeout = "300",
                    const std::string& protocol = "ack")
      : file_(EndlessMessage(protocol)),
        client_(ClientCommand(
            {server.pid(), "--file", file_.path(), "--protocol", protocol, "--timeout", timeout})),
        session_(server.BusySession().value_or(-1)) {}
  Program& client() { return client_; }
  pid_t session() const { return session_; }

  // Signals the session, a descendant of the server that the test started.
  void SendToSession(int signal) const {
    if (session_ > 1) kill(session_, signal);
  }

 private:
  TemporaryFile file_;
  Program client_;
  pid_t session_;
};

// Only the pid and this message have come out.
void ExpectServesOn(Server& server, const std::string& protocol = "auto") {
  const ClientResult client =
      RunClient({server.pid(), "still here", "--protocol", protocol, "--timeout", "60"});
  EXPECT_EQ(client.code, 0) << client.err;
  EXPECT_EQ(server.Messages(1), "still here\n");
}

TEST(Failures, TerminationRemovesThePidfile) {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    const TemporaryFile pidfile;
    Server server({"--pidfile", pidfile.path()});
    EXPECT_EQ(pidfile.Content(), server.pid() + '\n');
    server.program().Send(signal);
    EXPECT_EQ(server.program().Wait(), 0);
    EXPECT_NE(access(pidfile.path().c_str(), F_OK), 0);
  }
}

TEST(Failures, UnwritablePidfile) {
  Program server(ServerCommand({"--pidfile", "/nonexistent/file"}));
  EXPECT_EQ(server.Wait(), 73);
  EXPECT_EQ(server.out(), "");
}

TEST(Failures, TerminationEndsSessions) {
  Server server;
  Transfer transfer(server);
  ASSERT_GT(transfer.session(), 1);
  server.program().Send(SIGTERM);
  EXPECT_EQ(server.program().Wait(), 0);
  EXPECT_EQ(transfer.client().Wait(), kTryLater) << transfer.client().err();
  EXPECT_EQ(server.Messages(0), "");
}

TEST(Failures, ServerKilledInTheMiddle) {
  Server server;
  Transfer transfer(server);
  ASSERT_GT(transfer.session(), 1);
  server.program().Send(SIGKILL);
  EXPECT_EQ(transfer.client().Wait(), kTryLater) << transfer.client().err();
  // The session has gone with it, though nobody told it.
  EXPECT_TRUE(Eventually([&] {
    const auto facts = InspectProcess(transfer.session());
    return !facts || facts->state == 'Z';
  }));
}

// Whoever started the server ignored SIGTERM, and the server inherited that.
TEST(Failures, SessionsEndAlsoWhereTerminationWasIgnored) {
  Server server({"sh", "-c", "trap '' TERM; exec \"$0\"", MINITALK_SERVER}, Server::AsGiven{});
  Transfer transfer(server);
  ASSERT_GT(transfer.session(), 1);
  server.program().Send(SIGKILL);
  EXPECT_EQ(transfer.client().Wait(kSoon), kTryLater) << transfer.client().err();
}

TEST(Failures, SessionKilledInTheMiddle) {
  Server server;
  Transfer transfer(server);
  transfer.SendToSession(SIGKILL);
  EXPECT_EQ(transfer.client().Wait(), kTryLater) << transfer.client().err();
  ExpectServesOn(server);
}

TEST(Failures, ClientKilledInTheMiddle) {
  Server server;
  Transfer transfer(server);
  transfer.client().Send(SIGKILL);
  EXPECT_TRUE(Eventually([&] { return server.Sessions().empty(); }));
  ExpectServesOn(server);
}

TEST(Failures, ClientInterruptedInTheMiddle) {
  Server server;
  Transfer transfer(server);
  transfer.client().Send(SIGINT);
  EXPECT_EQ(transfer.client().Wait(), 128 + SIGINT);
  EXPECT_TRUE(Eventually([&] { return server.Sessions().empty(); }));
  ExpectServesOn(server);
}

TEST(Failures, StoppedServer) {
  Server server;
  server.program().Send(SIGSTOP);
  const ClientResult client = RunClient({server.pid(), "x", "--timeout", "0.3"});
  EXPECT_EQ(client.code, kTryLater);
  EXPECT_NE(client.err.find("stopped"), std::string::npos) << client.err;
  // The connect request that it finds when it goes on comes from nobody any more.
  server.program().Send(SIGCONT);
  ExpectServesOn(server);
}

TEST(Failures, StoppedSession) {
  Server server;
  Transfer transfer(server, "0.5");
  transfer.SendToSession(SIGSTOP);
  EXPECT_EQ(transfer.client().Wait(), kTryLater) << transfer.client().err();
  transfer.SendToSession(SIGCONT);
  EXPECT_TRUE(Eventually([&] { return server.Sessions().empty(); }));
  ExpectServesOn(server);
}

TEST(Failures, StoppedClientIsGivenUp) {
  Server server({"--idle-timeout", "0.5"});
  Transfer transfer(server);
  transfer.client().Send(SIGSTOP);
  EXPECT_TRUE(Eventually([&] { return server.Sessions().empty(); }));
  ExpectServesOn(server);
  transfer.client().Send(SIGCONT);
  EXPECT_EQ(transfer.client().Wait(), kTryLater) << transfer.client().err();
}

TEST(Failures, BothStoppedAndContinued) {
  Server server({"--echo"});
  const TemporaryFile file(std::string(6000, 'x'));
  Program client(ClientCommand({server.pid(), "--file", file.path(), "--protocol", "ack"}));
  const auto session = server.BusySession();
  if (session) kill(*session, SIGSTOP);
  client.Send(SIGSTOP);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  client.Send(SIGCONT);
  if (session) kill(*session, SIGCONT);
  EXPECT_EQ(client.Wait(), 0) << client.err();
  EXPECT_EQ(server.Messages(1), std::string(6000, 'x') + '\n');
}

TEST(Failures, FullServer) {
  Server server({"--max-sessions", "1"});
  Transfer transfer(server);
  ASSERT_GT(transfer.session(), 1);
  const ClientResult client = RunClient({server.pid(), "x", "--timeout", "0.3"});
  EXPECT_EQ(client.code, kTryLater);
  EXPECT_NE(client.err.find("full"), std::string::npos) << client.err;
  transfer.client().Send(SIGKILL);
  ExpectServesOn(server);
}

// Signals of processes that are no clients: by hand, to the acceptor.
TEST(Failures, StrayRequestsAreIgnored) {
  Server server;
  for (int i = 0; i < 20; ++i) {
    server.program().Send(SIGUSR1);
    server.program().Send(SIGUSR2);
  }
  ExpectServesOn(server);
  EXPECT_TRUE(Eventually([&] { return server.Sessions().empty(); }));
}

TEST(Failures, IdleServerUsesNoCpu) {
  Server server;
  ASSERT_EQ(RunClient({server.pid(), "x"}).code, 0);
  ASSERT_TRUE(Eventually([&] {
    const auto facts = InspectProcess(server.program().pid());
    return server.Sessions().empty() && facts && facts->state == 'S';
  }));
  const pid_t pid = server.program().pid();
  const long ticks = CpuTicks(pid);
  const long switches = ContextSwitches(pid);
  ASSERT_GT(switches, 0);
  std::this_thread::sleep_for(std::chrono::seconds(1));
  EXPECT_EQ(CpuTicks(pid), ticks);
  EXPECT_EQ(ContextSwitches(pid), switches);
}

// ---- The limit of queued signals (ulimit -i) is reached: payloads and senders' names vanish
// ------

constexpr std::string_view kCause = "too many are queued for this user";

bool Says(const std::string& text, std::string_view what) { return text.find(what) != text.npos; }

class Limit : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(All, Limit, testing::Values("siginfo", "sigqueue"),
                         [](const auto& param) { return std::string(param.param); });

TEST_P(Limit, OfTheSessionInTheMiddle) {
  Server server;
  Transfer transfer(server, "5", GetParam());
  ASSERT_GT(transfer.session(), 1);
  ASSERT_TRUE(LimitPending(transfer.session(), 0));
  EXPECT_EQ(transfer.client().Wait(kSoon), kTryLater) << transfer.client().err();
  EXPECT_NE(transfer.client().err(), "");
  EXPECT_TRUE(Eventually([&] { return server.Sessions().empty(); }));
  ExpectServesOn(server, GetParam());
  EXPECT_TRUE(Says(server.program().err(), kCause)) << server.program().err();
}

TEST_P(Limit, OfTheClientInTheMiddle) {
  Server server;
  Transfer transfer(server, "5", GetParam());
  ASSERT_GT(transfer.session(), 1);
  ASSERT_TRUE(LimitPending(transfer.client().pid(), 0));
  EXPECT_EQ(transfer.client().Wait(kSoon), kTryLater);
  EXPECT_TRUE(Says(transfer.client().err(), kCause)) << transfer.client().err();
  EXPECT_TRUE(Says(transfer.client().err(), "ulimit -i")) << transfer.client().err();
  EXPECT_TRUE(Eventually([&] { return server.Sessions().empty(); }));
  ExpectServesOn(server, GetParam());
  EXPECT_NE(server.program().err(), "");
}

TEST_P(Limit, OfBothInTheMiddle) {
  Server server;
  Transfer transfer(server, "5", GetParam());
  ASSERT_GT(transfer.session(), 1);
  ASSERT_TRUE(LimitPending(transfer.client().pid(), 0));
  ASSERT_TRUE(LimitPending(transfer.session(), 0));
  EXPECT_EQ(transfer.client().Wait(kSoon), kTryLater);
  EXPECT_TRUE(Eventually([&] { return server.Sessions().empty(); }));
  ExpectServesOn(server, GetParam());
  const std::string both = transfer.client().err() + server.program().err();
  EXPECT_TRUE(Says(both, kCause)) << both;
}

// The acceptor's sessions inherit its limit.
TEST_P(Limit, OfTheServerAndLiftedAgain) {
  Server server;
  ASSERT_TRUE(LimitPending(server.program().pid(), 0));
  const ClientResult client =
      RunClient({server.pid(), "x", "--protocol", GetParam(), "--timeout", "5"});
  EXPECT_EQ(client.code, kTryLater) << client.err;
  EXPECT_TRUE(Eventually([&] { return server.Sessions().empty(); }));
  if (!UnlimitPending(server.program().pid())) GTEST_SKIP() << "the limit cannot be lifted";
  ExpectServesOn(server, GetParam());
  EXPECT_TRUE(Says(server.program().err(), kCause)) << server.program().err();
}

// It cannot even learn who answers its connect request.
TEST(Limits, OfTheClientFromTheStart) {
  Server server;
  ASSERT_TRUE(LimitPending(getpid(), 0));  // inherited
  Program client(ClientCommand({server.pid(), "x", "--timeout", "1"}));
  ASSERT_TRUE(UnlimitPending(getpid()));
  EXPECT_EQ(client.Wait(kSoon), kTryLater);
  EXPECT_TRUE(Says(client.err(), "ulimit -i")) << client.err();
  ExpectServesOn(server);
}

// Plain signals of the shared lane need no room in any queue, but turns end on the private one.
TEST(Limits, ConcernPlainProtocolsToo) {
  Server server;
  Transfer transfer(server, "5");
  ASSERT_GT(transfer.session(), 1);
  ASSERT_TRUE(LimitPending(transfer.session(), 0));
  EXPECT_EQ(transfer.client().Wait(), kTryLater) << transfer.client().err();
  EXPECT_TRUE(Eventually([&] { return server.Sessions().empty(); }));
  ExpectServesOn(server);
  EXPECT_TRUE(Says(server.program().err(), kCause)) << server.program().err();
}

}  // namespace
}  // namespace minitalk

// End to end: what goes wrong on the way. Processes are stopped and killed in the middle; nobody
// hangs, nothing half goes out, and the server serves on.
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <random>
#include <thread>

#include "core/os/process_facts.h"
#include "programs.h"

namespace minitalk {
namespace {

constexpr int kTryLater = 75;

// Much longer than it should take, much less than the transfer would.
constexpr std::chrono::milliseconds kSoon{15'000};

// Long enough never to be finished within a test.
std::string EndlessMessage() {
  std::mt19937 random(1);
  std::string bytes(8 << 20, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// A client in the middle of a transfer over `ack`, and its session.
class Transfer {
 public:
  explicit Transfer(Server& server, const std::string& timeout = "300")
      : file_(EndlessMessage()),
        client_(ClientCommand(
            {server.pid(), "--file", file_.path(), "--protocol", "ack", "--timeout", timeout})),
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
void ExpectServesOn(Server& server) {
  EXPECT_EQ(RunClient({server.pid(), "still here", "--timeout", "60"}).code, 0);
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
  // The request that it finds when it goes on comes from nobody any more.
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

}  // namespace
}  // namespace minitalk

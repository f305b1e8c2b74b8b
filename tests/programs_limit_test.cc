// End to end: the limit of queued signals (ulimit -i) is reached in the middle of a transfer, so
// that payloads and senders' names vanish. The message arrives whole or not at all, both sides say
// why, and once the limit is lifted the same server takes the next message.
#include <gtest/gtest.h>
#include <unistd.h>

#include <random>

#include "programs.h"
#include "signal_probe.h"

namespace minitalk {
namespace {

constexpr int kTryLater = 75;
constexpr std::string_view kCause = "too many are queued for this user";

// More than a time limit and its message; nobody waits for the hang guard.
constexpr std::chrono::milliseconds kSoon{20'000};

// The longest that a server accepts: it takes seconds.
std::string LongMessage() {
  std::mt19937 random(1);
  std::string block(1'000'003, '\0');
  for (char& byte : block) byte = static_cast<char>(random());
  std::string message;
  for (int i = 0; i < 64; ++i) message += block;
  return message;
}

bool Says(const std::string& text, std::string_view what) { return text.find(what) != text.npos; }

void ExpectServesOn(Server& server, const std::string& protocol) {
  const ClientResult client =
      RunClient({server.pid(), "still here", "--protocol", protocol, "--timeout", "60"});
  EXPECT_EQ(client.code, 0) << client.err;
  EXPECT_EQ(server.Messages(1), "still here\n");
}

// A client in the middle of a long message, and its session.
class Transfer {
 public:
  Transfer(Server& server, const std::string& protocol)
      : file_(LongMessage()),
        client_(ClientCommand(
            {server.pid(), "--file", file_.path(), "--protocol", protocol, "--timeout", "5"})),
        session_(server.BusySession().value_or(-1)) {}
  Program& client() { return client_; }
  pid_t session() const { return session_; }

 private:
  TemporaryFile file_;
  Program client_;
  pid_t session_;
};

class Limit : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(All, Limit, testing::Values("siginfo", "sigqueue"),
                         [](const auto& param) { return std::string(param.param); });

TEST_P(Limit, OfTheSessionInTheMiddle) {
  Server server;
  Transfer transfer(server, GetParam());
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
  Transfer transfer(server, GetParam());
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
  Transfer transfer(server, GetParam());
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

// It cannot even learn who answers its request.
TEST(Limits, OfTheClientFromTheStart) {
  Server server;
  ASSERT_TRUE(LimitPending(getpid(), 0));  // inherited
  Program client(ClientCommand({server.pid(), "x", "--timeout", "1"}));
  ASSERT_TRUE(UnlimitPending(getpid()));
  EXPECT_EQ(client.Wait(kSoon), kTryLater);
  EXPECT_TRUE(Says(client.err(), "ulimit -i")) << client.err();
  ExpectServesOn(server, "ack");
}

// Plain signals of the shared lane need no room in any queue, but turns end on the private one.
TEST(Limits, ConcernPlainProtocolsToo) {
  Server server;
  Transfer transfer(server, "ack");
  ASSERT_GT(transfer.session(), 1);
  ASSERT_TRUE(LimitPending(transfer.session(), 0));
  EXPECT_EQ(transfer.client().Wait(), kTryLater) << transfer.client().err();
  EXPECT_TRUE(Eventually([&] { return server.Sessions().empty(); }));
  ExpectServesOn(server, "ack");
  EXPECT_TRUE(Says(server.program().err(), kCause)) << server.program().err();
}

}  // namespace
}  // namespace minitalk

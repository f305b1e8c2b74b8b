// End to end: what --classic refuses. Nothing is sent to a process that did not ask for it, and
// nobody is answered by a signal that would kill it.
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "core/os/process_facts.h"
#include "programs.h"

namespace minitalk {
namespace {

using std::chrono::milliseconds;

constexpr int kUsage = 64;
constexpr int kUnavailable = 69;

void ExpectRefusal(const ClientResult& client, int code) {
  EXPECT_EQ(client.code, code) << client.err;
  EXPECT_EQ(client.out, "");
  EXPECT_EQ(std::count(client.err.begin(), client.err.end(), '\n'), 1) << client.err;
}

// A sleeping process that was prepared in some way, and what becomes of it.
class Bystander {
 public:
  explicit Bystander(const std::function<void()>& prepare, const std::function<void()>& wait = {})
      : child_([=] {
          prepare();
          prctl(PR_SET_NAME, "bystander");
          if (wait) wait();
          sleep(600);
          return std::string();
        }) {
    Eventually([this] {
      const auto facts = InspectProcess(child_.pid());
      return facts && facts->name == "bystander" && facts->state == 'S';
    });
  }

  std::string pid() const { return std::to_string(child_.pid()); }

  // Neither killed nor woken, and nothing is waiting for it.
  void ExpectUntouched() const {
    const auto facts = InspectProcess(child_.pid());
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->state, 'S');
    EXPECT_FALSE(HasPending(*facts));
  }

 private:
  Child child_;
};

void Handle(int) { _exit(EXIT_FAILURE); }

void Block(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  sigprocmask(SIG_SETMASK, &set, nullptr);
}

// Sleeps until one of them comes; then the process ends.
void Await(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  sigwaitinfo(&set, nullptr);
  _exit(EXIT_FAILURE);
}

TEST(ClassicErrors, BystandersAreNotSignalled) {
  const Bystander bystanders[] = {
      Bystander([] {}),
      Bystander([] { signal(SIGUSR1, Handle); }),
      Bystander([] { signal(SIGUSR2, Handle); }),
      Bystander([] {
        signal(SIGUSR1, Handle);
        signal(SIGUSR2, SIG_IGN);
      }),
      Bystander([] { Block({SIGUSR1}); }),
      Bystander([] { Block({SIGTERM}); }, [] { Await({SIGTERM}); }),
      Bystander([] { Block({SIGUSR1}); }, [] { Await({SIGUSR1}); }),
  };
  for (const Bystander& bystander : bystanders) {
    for (const char* format : {"msb", "ack=none,pause=0", "detect"}) {
      ExpectRefusal(RunClient({"--classic", format, bystander.pid(), "x", "--timeout", "0.5"}),
                    kUnavailable);
      // What can be seen cannot be overruled.
      ExpectRefusal(
          RunClient({"--classic", format, bystander.pid(), "x", "--timeout", "0.5", "--force"}),
          kUnavailable);
    }
    bystander.ExpectUntouched();
  }
}

// A shell that has something to do at its end catches both signals, and ends of either. One that
// pokes at a server is not answered.
TEST(ClassicErrors, ShellsAreNotSignalled) {
  Program shell({"bash", "-c", "trap : EXIT; echo; sleep 600; :"});
  ASSERT_TRUE(shell.AwaitLines(1));
  ASSERT_TRUE(InspectProcess(shell.pid())->catches_both);
  ExpectRefusal(RunClient({"--classic", "msb", std::to_string(shell.pid()), "x"}), kUnavailable);
  EXPECT_EQ(shell.Wait(milliseconds(50)), -1);
  for (const char* format : {"msb", "detect"}) {
    Server server({"--classic", format});
    Program poker({"bash", "-c",
                   "trap : EXIT; kill -USR1 $0; sleep 0.5; kill -USR2 $0; sleep 0.5; echo alive",
                   server.pid()});
    EXPECT_EQ(poker.Wait(), 0);
    EXPECT_EQ(poker.out(), "alive\n");
  }
}

TEST(ClassicErrors, WhoIsPrepared) {
  const auto effect = [](const Bystander& bystander) {
    const pid_t pid = std::stoi(bystander.pid());
    return EffectOf(pid, *InspectProcess(pid), Signal::kUsr1);
  };
  EXPECT_EQ(effect(Bystander([] {})), Effect::kHarm);
  EXPECT_EQ(effect(Bystander([] { signal(SIGUSR1, Handle); })), Effect::kTaken);
  EXPECT_EQ(effect(Bystander([] { signal(SIGUSR1, SIG_IGN); })), Effect::kHarm);
  EXPECT_EQ(effect(Bystander([] { Block({SIGUSR1}); })), Effect::kBlocked);
  EXPECT_EQ(effect(Bystander([] { Block({SIGUSR1}); }, [] { Await({SIGUSR1}); })), Effect::kTaken);
  EXPECT_EQ(effect(Bystander([] { Block({SIGUSR1}); }, [] { Await({SIGTERM}); })),
            Effect::kBlocked);
}

class ClassicBadPid : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(All, ClassicBadPid,
                         testing::Values("0", "-1", "1", "abc", "12x", "4294967297", "", " "));

TEST_P(ClassicBadPid, IsAUsageError) {
  ExpectRefusal(RunClient({"--classic", "msb", GetParam(), "x"}), kUsage);
  ExpectRefusal(RunClient({"--classic", "detect", GetParam()}), kUsage);
}

TEST(ClassicErrors, DeadPid) {
  Program gone({"true"});
  const std::string pid = std::to_string(gone.pid());
  EXPECT_EQ(gone.Wait(), 0);
  ExpectRefusal(RunClient({"--classic", "msb", pid, "x"}), kUnavailable);
  gone.Reap();
  ExpectRefusal(RunClient({"--classic", "msb", pid, "x"}), kUnavailable);
  ExpectRefusal(RunClient({"--classic", "detect", pid}), kUnavailable);
}

TEST(ClassicErrors, Usage) {
  Server server({"--classic", "msb"});
  const std::vector<std::vector<std::string>> wrong = {
      {"--classic", "msb"},
      {"--classic", "msb", server.pid()},
      {"--classic", "telepathy", server.pid(), "x"},
      {"--classic", "msb,lsb", server.pid(), "x"},
      {"--classic", "", server.pid(), "x"},
      {"--classic", "msb", "--echo", server.pid(), "x"},
      {"--classic", "msb", "--protocol", "ack", server.pid(), "x"},
  };
  for (const auto& words : wrong) {
    SCOPED_TRACE(testing::PrintToString(words));
    ExpectRefusal(RunClient(words), kUsage);
  }
  // A zero byte would end the message before its time.
  ExpectRefusal(RunClient({"--classic", "msb", server.pid(), "-"}, std::string("a\0b", 3)), kUsage);
  EXPECT_EQ(RunClient({"--classic", "msb", server.pid(), "fine"}).code, 0);
  EXPECT_EQ(server.Messages(1), "fine\n");
}

TEST(ClassicErrors, ServerUsage) {
  const std::vector<std::vector<std::string>> wrong = {{"--classic", "telepathy"},
                                                       {"--classic", "msb", "--echo"},
                                                       {"--classic"},
                                                       {"--classic", "msb,"}};
  for (const auto& words : wrong) {
    SCOPED_TRACE(testing::PrintToString(words));
    Program server(ServerCommand(words));
    EXPECT_EQ(server.Wait(milliseconds(10'000)), kUsage);
    EXPECT_EQ(server.out(), "");
    EXPECT_NE(server.err(), "");
  }
}

// The two ways of speaking do not understand each other, and say so at once.
TEST(ClassicErrors, TheOtherKindOfServer) {
  Server ours;
  ExpectRefusal(RunClient({"--classic", "msb", ours.pid(), "x"}), kUnavailable);
  EXPECT_EQ(RunClient({ours.pid(), "y"}).code, 0);
  EXPECT_EQ(ours.Messages(1), "y\n");
  Server classic({"--classic", "msb"});
  ExpectRefusal(RunClient({classic.pid(), "x"}), kUnavailable);
  EXPECT_EQ(RunClient({"--classic", "msb", classic.pid(), "y"}).code, 0);
  EXPECT_EQ(classic.Messages(1), "y\n");
}

// A process that signals the server and is not prepared for an answer, such as a shell, lives on.
TEST(ClassicErrors, NobodyIsKilledByAnAnswer) {
  Server server({"--classic", "msb"});
  Program shell(
      {"sh", "-c", "kill -USR1 $0; sleep 0.3; kill -USR2 $0; sleep 0.3; echo alive", server.pid()});
  EXPECT_EQ(shell.Wait(), 0);
  EXPECT_EQ(shell.out(), "alive\n");
  EXPECT_EQ(RunClient({"--classic", "msb", server.pid(), "next"}).code, 0);
  EXPECT_EQ(server.Messages(1), "next\n");
}

}  // namespace
}  // namespace minitalk

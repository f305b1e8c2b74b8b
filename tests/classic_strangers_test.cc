// --classic with programs that are not ours (tests/pairs), both ways; formats found out, theirs and
// our own; and those that did not ask: nothing is sent to them, and no answer kills anybody.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <sstream>

#include "core/os/process_facts.h"
#include "programs.h"

namespace minitalk {
namespace {

using std::chrono::milliseconds;

constexpr const char* kSuspend = "msb,usr1=0,nul,ack=bit,acksig=usr1,end=usr2";

const std::string kText = "Hello, wörld 😀 from afar";

std::string Foreign(const std::string& program) {
  return std::string(MINITALK_PAIRS) + "/" + program;
}

struct Pair {
  const char* name;
  const char* format;
};

const auto kPairs = testing::Values(Pair{"suspend", kSuspend},
                                    Pair{"sigwait", "lsb,usr1=1,len32,ack=bit,acksig=usr2"},
                                    Pair{"paced", "msb,usr1=1,len64,ack=none"});

std::string NameOfPair(const testing::TestParamInfo<Pair>& test) { return test.param.name; }

class ForeignServer : public testing::TestWithParam<Pair> {};

INSTANTIATE_TEST_SUITE_P(All, ForeignServer, kPairs, NameOfPair);

TEST_P(ForeignServer, UnderstandsOurClient) {
  Program server({Foreign(GetParam().name + std::string("/server"))});
  ASSERT_TRUE(server.AwaitLines(1));
  const std::string pid = std::to_string(server.pid());
  const std::string banner = server.out();
  for (const std::string& text : {kText, std::string(), std::string(300, 'z')}) {
    const ClientResult client = RunClient({"--classic", GetParam().format, pid, text});
    EXPECT_EQ(client.code, 0) << client.err;
  }
  EXPECT_TRUE(server.AwaitLines(4));
  EXPECT_EQ(server.out(), banner + kText + "\n\n" + std::string(300, 'z') + '\n');
}

// What came out of a server, after the line with its pid, within some seconds.
bool Prints(Server& server, const std::string& line) {
  for (int i = 0; i < 100; ++i) {
    if (server.program().out().find('\n' + line + '\n') != std::string::npos) return true;
    server.program().Wait(milliseconds(30));
  }
  return false;
}

// A client that paces itself loses bits where the machine is busy: then it may try again, more
// slowly. What a server makes of a failed attempt is not looked at.
bool SendForeign(const std::string& name, Server& server, const std::string& text) {
  std::vector<std::string> command{Foreign(name + "/client"), server.pid(), text};
  if (name != "paced") return Program(command).Wait() == 0 && Prints(server, text);
  for (const char* gap : {"1", "5", "20", "50"}) {
    command.resize(3);
    command.emplace_back(gap);
    if (Program(command).Wait() == 0 && Prints(server, text)) return true;
  }
  return false;
}

class ForeignClient : public testing::TestWithParam<Pair> {};

INSTANTIATE_TEST_SUITE_P(All, ForeignClient, kPairs, NameOfPair);

TEST_P(ForeignClient, IsUnderstoodByOurServer) {
  Server server({"--classic", GetParam().format, "--idle-timeout", "1"});
  EXPECT_TRUE(SendForeign(GetParam().name, server, "hi, wörld"));
}

TEST_P(ForeignClient, IsFoundOut) {
  Server server({"--classic", "detect", "--idle-timeout", "1"});
  EXPECT_TRUE(SendForeign(GetParam().name, server, "hi, wörld"));
  server.program().Send(SIGTERM);
  EXPECT_EQ(server.program().Wait(), 0);
  // What the end of a message is answered with cannot be told apart from an acknowledgement.
  std::string format = GetParam().format;
  if (const auto end = format.find(",end="); end != std::string::npos) format.resize(end);
  EXPECT_NE(server.program().err().find("speaks " + format), std::string::npos)
      << server.program().err();
}

// An answer would kill it, so it gets none; its message is understood all the same.
TEST(ForeignClient, WithoutHandlersIsNotAnswered) {
  Server server({"--classic", "msb,usr1=1,len64,ack=bit", "--idle-timeout", "1"});
  EXPECT_TRUE(SendForeign("paced", server, "ok"));
}

// ---- Our own client, found out ------------------------------------------------------------------

using Words = std::tuple<const char*, const char*, const char*>;
class Detected : public testing::TestWithParam<Words> {};

INSTANTIATE_TEST_SUITE_P(All, Detected,
                         testing::Combine(testing::Values("msb", "lsb"),
                                          testing::Values("usr1=0", "usr1=1"),
                                          testing::Values("nul", "len32", "len64")));

TEST_P(Detected, InEveryFormat) {
  const auto& [order, polarity, framing] = GetParam();
  Server server({"--classic", "detect"});
  std::string expected;
  std::string formats;
  for (const char* ack : {"ack=bit", "ack=byte,pause=0", "ack=none,pause=0"}) {
    const std::string format = fmt::format("{},{},{},{}", order, polarity, framing, ack);
    for (const std::string& text : {kText, std::string("second message")}) {
      const ClientResult client = RunClient({"--classic", format, server.pid(), text});
      EXPECT_EQ(client.code, 0) << format << ": " << client.err;
      expected += text + '\n';
      // The next one would otherwise begin while this one is still being looked at.
      EXPECT_EQ(server.Messages(
                    static_cast<std::size_t>(std::count(expected.begin(), expected.end(), '\n'))),
                expected)
          << format;
    }
    formats = format.substr(0, format.find(",pause"));
    EXPECT_NE(server.program().err().find("speaks " + formats), std::string::npos)
        << formats << ": " << server.program().err();
  }
}

TEST(Detected, Once) {
  Server server({"--classic", "detect", "--once"});
  EXPECT_EQ(RunClient({"--classic", "lsb,end=usr2", server.pid(), "only"}).code, 0);
  EXPECT_EQ(server.program().Wait(), 0);
  EXPECT_EQ(server.Messages(1), "only\n");
}

TEST(Detected, BinaryIsNotPrinted) {
  Server server({"--classic", "detect"});
  EXPECT_EQ(RunClient({"--classic", "len32,ack=none,pause=0", server.pid(), "\x01\x02"}).code, 0);
  ASSERT_TRUE(Eventually([&] {
    server.program().Wait(milliseconds(20));
    return server.program().err().find("nothing of it") != std::string::npos;
  }));
  EXPECT_EQ(RunClient({"--classic", "len32", server.pid(), "text"}).code, 0);
  EXPECT_EQ(server.Messages(1), "text\n");
}

// ---- Servers, as far as they can be found out ---------------------------------------------------

// UBSan writes to a pipe of its own whenever it checks a pointer, and /proc/PID/io counts that with
// what a server prints.
#ifdef __SANITIZE_ADDRESS__
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

std::string FirstCandidate(const ClientResult& client) {
  EXPECT_EQ(client.code, kUsage) << client.err;
  EXPECT_EQ(std::count(client.err.begin(), client.err.end(), '\n'), 1) << client.err;
  return client.out.substr(0, client.out.find('\n'));
}

TEST(DetectServer, Ours) {
  for (const char* format :
       {"msb,usr1=0,nul,ack=bit,acksig=usr1", "msb,usr1=0,nul,ack=bit,acksig=usr2",
        "msb,usr1=0,nul,ack=byte,acksig=usr1", "msb,usr1=0,nul,ack=byte,acksig=usr2",
        "msb,usr1=0,nul,ack=none,acksig=usr1", "msb,usr1=0,nul,ack=bit,acksig=usr1,end=usr2",
        "msb,usr1=0,nul,ack=bit,acksig=usr2,end=usr1"}) {
    Server server({"--classic", format});
    const ClientResult client = RunClient({"--classic", "detect", server.pid(), "unsent"});
    const bool listed = client.out.find(std::string(format) + '\n') != std::string::npos;
    EXPECT_TRUE(FirstCandidate(client) == format || (kSanitized && listed)) << client.out;
    EXPECT_EQ(server.Messages(1), "\n");
  }
}

// What cannot be seen is among the candidates.
TEST(DetectServer, WhatCannotBeSeen) {
  for (const char* format :
       {"lsb,usr1=1,len64,ack=bit,acksig=usr2", "lsb,usr1=0,len32,ack=none",
        "msb,usr1=1,len32,ack=byte,acksig=usr1", "msb,usr1=0,nul,ack=none,acksig=usr1,end=usr2"}) {
    Server server({"--classic", format});
    const ClientResult client = RunClient({"--classic", "detect", server.pid()});
    FirstCandidate(client);
    bool found = false;
    std::istringstream lines(client.out);
    for (std::string line; std::getline(lines, line);) {
      found = found || line.find(format) != std::string::npos || line.ends_with(format);
    }
    EXPECT_TRUE(found) << format << " is not in\n" << client.out;
  }
}

TEST(DetectServer, Foreign) {
  Program server({Foreign("suspend/server")});
  ASSERT_TRUE(server.AwaitLines(1));
  const ClientResult client = RunClient({"--classic", "detect", std::to_string(server.pid())});
  EXPECT_EQ(FirstCandidate(client), kSuspend);
  // Only the order of its bits is left open.
  EXPECT_EQ(std::count(client.out.begin(), client.out.end(), '\n'), 2) << client.out;
}

// ---- Those that did not ask ---------------------------------------------------------------------

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

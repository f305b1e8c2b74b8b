// Third-party pairs under supervision: what is found in an output, programs under a terminal, each
// kind of exchange with small shell programs, and that nothing of them is left.
#include <gtest/gtest.h>

#include <csignal>
#include <cstring>
#include <fstream>

#include "core/os/process_facts.h"
#include "pairs/manifest.h"
#include "pairs/observation.h"
#include "pairs/supervision.h"
#include "process_harness.h"

namespace minitalk {
namespace {

using std::chrono::seconds;

// A message without two equal bytes in a row or at a distance that matters.
std::string LongText() {
  std::string text;
  for (int i = 0; text.size() < 1000; ++i) text += std::to_string(i * 7919) + " ";
  return text.substr(0, 1000);
}

TEST(Observation, ColoursAreStripped) {
  EXPECT_EQ(StripEscapes("\x1b[1;32mPID\x1b[0m \x1b]0;title\ax\x1b]0;t\x1b\\y\x1bMz"), "PID xyz");
  EXPECT_EQ(StripEscapes("\x1b"), "\x1b");
  EXPECT_EQ(StripEscapes("a\x1b[12"), "a\x1b[12");  // not complete
}

TEST(Observation, WhatIsSaidIsReadable) {
  EXPECT_EQ(Readable("\n \x1b[31mone\x1b[0m\ntwo\t\x01\xff\n\n"), "one\ntwo\\t\\x01\\xff");
  EXPECT_EQ(Readable(std::string(5000, 'x')).size(), 1000u);
  EXPECT_EQ(LastLines("one\ntwo\nthree", 2), "two | three");
  EXPECT_EQ(LastLines("one", 3), "one");
}

TEST(Observation, APidIsAWordOfItsOwn) {
  EXPECT_TRUE(HoldsNumber("\x1b[33mPID: 123\x1b[0m\n", 123));
  EXPECT_TRUE(HoldsNumber("1234 123", 123));
  for (const char* output : {"1234", "0123", "", "12 3"}) EXPECT_FALSE(HoldsNumber(output, 123));
}

TEST(Observation, NothingArrived) {
  EXPECT_EQ(DescribeFirstWrong("hello", ""), "nothing arrived");
  EXPECT_EQ(DescribeFirstWrong("hello", "\x1b[32m\n\x1b[0m"), "nothing arrived");
}

TEST(Observation, AWrongByteAmongRightOnes) {
  const std::string text = LongText();
  std::string wrong = text;
  wrong[516] = '#';
  for (const char* banner : {"", "received: ", "\x1b[1mfrom 12\x1b[0m > "}) {
    const auto told = DescribeFirstWrong(text, banner + wrong + "\n");
    EXPECT_TRUE(told.starts_with("byte 517 of 1,000: expected \"")) << told;
    EXPECT_TRUE(told.ends_with("got \"#\" (0x23), after \"..." + text.substr(506, 10) + "\""));
  }
}

TEST(Observation, TheFirstByteOrTheEndIsWrong) {
  EXPECT_EQ(DescribeFirstWrong("hello", "\x80\x81"),
            "byte 1 of 5: expected \"h\" (0x68), and what came is \"\\x80\\x81\"");
  const std::string text = LongText();
  EXPECT_EQ(DescribeFirstWrong(text, "> " + text.substr(0, 997) + "\n"),
            "the last 3 of 1,000 bytes are missing");
}

TEST(Observation, TheLongestBeginningCountsNotTheFirst) {
  const auto [at, bytes] = FindBeginning("abcdef", "abc abcdeX");
  EXPECT_EQ(at, 4u);
  EXPECT_EQ(bytes, 5u);
  EXPECT_EQ(FindBeginning(std::string(100'000, 'a'), std::string(99'999, 'a')).bytes, 99'999u);
  EXPECT_EQ(FindBeginning("abc", "xyz").bytes, 0u);
}

TEST(TextSearch, FindsWhatComesInPiecesBehindItsMark) {
  const std::string text = LongText();
  TextSearch search(text, 11);
  std::string output = "hello there";
  for (const char c : text) {
    EXPECT_FALSE(search.Find(output));
    output += c;
  }
  EXPECT_TRUE(search.Find(output));
  TextSearch again("hello there", 11);
  EXPECT_FALSE(again.Find("hello there"));
  EXPECT_TRUE(again.Find("hello there\nhello there"));
}

TEST(TextSearch, ALetterOfAColourIsNoMessage) {
  EXPECT_FALSE(TextSearch("m", 0).Find("\x1b[1;31m"));
  EXPECT_TRUE(TextSearch("m", 0).Find("\x1b[1;31mm\x1b[0m"));
}

TEST(TextSearch, EscapedAsOnATerminal) {
  TextSearch search("one\ntwo", 0);
  EXPECT_TRUE(search.Find("> one\\ntwo\n"));
  EXPECT_TRUE(search.found_escaped());
}

TEST(ThirdPartyPair, TheTemplatesAreFilledOnce) {
  const ThirdPartyPair pair{.name = "x",
                            .directory = "/",
                            .build = {},
                            .server = {"s"},
                            .client = {"c", "-p{pid}", "<{text}>"},
                            .classic = {}};
  EXPECT_EQ(pair.ClientCommand(42, "{pid}{text}"),
            (std::vector<std::string>{"c", "-p42", "<{pid}{text}>"}));
  EXPECT_EQ(pair.LongestText(), 131'071 - std::strlen("<>"));
}

Launch Shell(const std::string& script) {
  return {.command = {"sh", "-c", script}, .directory = "/"};
}

void AwaitEnd(SupervisedProgram* program) {
  EXPECT_TRUE(Eventually([&] {
    program->Update();
    return !program->running();
  }));
}

TEST(Program, ItsOutputIsATerminalThatPassesBytesUnchanged) {
  SupervisedProgram program(
      Shell(R"(test -t 1 && test -t 2 && printf 'a\nb\r\n\003\004\033[0m\377')"));
  AwaitEnd(&program);
  EXPECT_EQ(program.output(), "a\nb\r\n\x03\x04\x1b[0m\xff");
  EXPECT_EQ(program.status(), 0);
}

TEST(Program, ItsStatusIsItsOwn) {
  SupervisedProgram exits(Shell("exit 3"));
  AwaitEnd(&exits);
  EXPECT_EQ(exits.status(), 3);
  EXPECT_EQ(DescribeStatus(3), "ended with exit status 3");
  SupervisedProgram dies(Shell("kill -SEGV $$"));
  AwaitEnd(&dies);
  EXPECT_EQ(dies.status(), -SIGSEGV);
  EXPECT_EQ(DescribeStatus(-SIGSEGV), "died of SIGSEGV");
  SupervisedProgram killed(Shell("while :; do :; done"));
  killed.End();
  EXPECT_EQ(killed.status(), -SIGKILL);
  EXPECT_GT(killed.CpuNs(), 0);
}

TEST(Program, WhoCannotBeStartedIsTold) {
  EXPECT_THROW(SupervisedProgram({.command = {"/no/such"}, .directory = "/"}), std::system_error);
  EXPECT_THROW(SupervisedProgram({.command = {"true"}, .directory = "/no/such"}),
               std::system_error);
}

// The supervised pair of the tests: shell programs. The server says its pid and then `reply` each
// time when SIGUSR1 comes.
SupervisionPlan Plan(const std::string& reply, const std::string& client) {
  const std::string server =
      "trap '" + reply + "' USR1; echo pid $$; while :; do sleep 5 & wait; done";
  return {.pair = {.name = "shell",
                   .directory = "/",
                   .build = {},
                   .server = {"sh", "-c", server},
                   .client = {"sh", "-c", client + " # {pid} {text}"},
                   .classic = {}},
          .client_directory = "/"};
}

// One message by a client of that script, which knows the server's pid as $server.
Exchange Send(const std::string& reply, const std::string& client, seconds timeout = seconds(20)) {
  SupervisionPlan plan = Plan(reply, "");
  plan.pair.client = {"sh", "-c", "server={pid}; " + client + " # {text}"};
  Supervision supervision(plan, {});
  EXPECT_TRUE(supervision.Start(seconds(20)));
  return supervision.Send("hello", timeout);
}

TEST(Supervision, AMessageThatArrives) {
  const Exchange exchange = Send("echo got hello", "kill -USR1 $server; sleep 0.1; exit 1");
  EXPECT_TRUE(exchange.delivered);
  EXPECT_GT(exchange.seconds.value_or(0), 0);
  EXPECT_EQ(exchange.client_status, 1);
  EXPECT_EQ(exchange.server_status, std::nullopt);
  EXPECT_EQ(exchange.right_bytes, 5u);
}

TEST(Supervision, AWrongByte) {
  const Exchange exchange = Send("echo got helXo", "kill -USR1 $server; echo sent");
  EXPECT_FALSE(exchange.delivered);
  EXPECT_TRUE(exchange.printed);
  EXPECT_EQ(exchange.right_bytes, 3u);
  EXPECT_EQ(exchange.first_wrong,
            "byte 4 of 5: expected \"l\" (0x6c), got \"X\" (0x58), after \"hel\"");
  EXPECT_EQ(exchange.client_said, "sent");
}

TEST(Supervision, AClientThatHangs) {
  SupervisionPlan plan = Plan(":", "exec sleep 60");
  plan.still = std::chrono::milliseconds(250);  // eight times as long for who sleeps for a time
  Supervision supervision(plan, {});
  ASSERT_TRUE(supervision.Start(seconds(20)));
  const Exchange exchange = supervision.Send("hello", seconds(20));
  EXPECT_TRUE(exchange.hung);
  EXPECT_TRUE(supervision.Send("hello", seconds(1)).timed_out);
  EXPECT_FALSE(exchange.timed_out);
  EXPECT_EQ(exchange.client_status, std::nullopt);
  EXPECT_EQ(exchange.client_sleeps_in, "nanosleep");
  EXPECT_EQ(exchange.first_wrong, "nothing arrived");
  EXPECT_FALSE(exchange.printed);
}

TEST(Supervision, AClientThatGoesOnInVain) {
  const Exchange exchange = Send(":", "while :; do :; done", seconds(1));
  EXPECT_TRUE(exchange.timed_out);
  EXPECT_FALSE(exchange.hung);
  EXPECT_EQ(exchange.client_status, std::nullopt);
}

TEST(Supervision, ADeathBySignal) {
  EXPECT_EQ(Send(":", "kill -ABRT $$").client_status, -SIGABRT);
  EXPECT_EQ(Send("kill -SEGV $$", "kill -USR1 $server").server_status, -SIGSEGV);
  EXPECT_EQ(Send("exit 4", "kill -USR1 $server").server_status, 4);
}

TEST(Supervision, AServerThatWritesWithoutEnd) {
  EXPECT_TRUE(Send("exec yes", "kill -USR1 $server; while :; do sleep 0.2; done").flooded);
}

TEST(Supervision, AServerWithoutItsPidIsNotWaitedForInVain) {
  SupervisionPlan plan = Plan(":", "");
  plan.pair.server = {"sh", "-c", "echo hello; exec sleep 60"};
  Supervision silent(plan, {});
  EXPECT_FALSE(silent.Start(seconds(60)));
  EXPECT_TRUE(silent.server().running());
  plan.pair.server = {"false"};
  Supervision ends(plan, {});
  EXPECT_FALSE(ends.Start(seconds(60)));
  EXPECT_EQ(ends.server().status(), 1);
}

TEST(Supervision, WhatBystandersAreHitBy) {
  const std::vector<std::string> none = {"sh", "-c", "echo no; exit 2"};
  Supervision supervision(Plan(":", ""), {});
  ASSERT_TRUE(supervision.Start(seconds(20)));
  const auto harmless = supervision.CallWrongly(none);
  EXPECT_EQ(harmless.client_status, 2);
  EXPECT_TRUE(harmless.said);
  EXPECT_EQ(harmless.near_status, std::nullopt);
  EXPECT_EQ(harmless.far_status, std::nullopt);
  const auto group = supervision.CallWrongly({"sh", "-c", "kill -USR2 0"});
  EXPECT_EQ(group.client_status, -SIGUSR2);
  EXPECT_EQ(group.near_status, -SIGUSR2);
  EXPECT_EQ(group.far_status, std::nullopt);
  EXPECT_EQ(supervision.CallWrongly({"sh", "-c", "kill -HUP {bystander}"}).far_status, -SIGHUP);
  EXPECT_EQ(supervision.CallWrongly({"sh", "-c", "kill -0 {nobody} || exit 9"}).client_status, 9);
  EXPECT_EQ(supervision.CallWrongly({"sh", "-c", "kill -KILL {pid}"}).server_status, -SIGKILL);
}

TEST(Supervision, ItsClientsCanBeStoppedAndContinued) {
  SupervisionPlan plan = Plan("echo hello", "");
  plan.pair.client = {"sh", "-c", "sleep 0.2; kill -USR1 {pid} # {text}"};
  Supervision supervision(plan, {});
  ASSERT_TRUE(supervision.Start(seconds(20)));
  const int client = supervision.Begin("hello");
  supervision.SignalClient(client, SIGSTOP);
  EXPECT_FALSE(supervision.AwaitEnd(client, seconds(60)));  // it does nothing
  supervision.SignalClient(client, SIGCONT);
  EXPECT_TRUE(supervision.Finish({client}, seconds(20)).front().delivered);
  EXPECT_THROW(supervision.SignalClient(client, SIGCONT), std::out_of_range);
}

}  // namespace
}  // namespace minitalk

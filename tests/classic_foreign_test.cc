// Interoperation with programs that are not ours (tests/classic), both ways; and finding formats
// out, theirs and our own client's.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <sstream>

#include "programs.h"

namespace minitalk {
namespace {

constexpr int kUsage = 64;

constexpr const char* kSuspend = "msb,usr1=0,nul,ack=bit,acksig=usr1,end=usr2";
constexpr const char* kSigwait = "lsb,usr1=1,len32,ack=bit,acksig=usr2";
constexpr const char* kPaced = "msb,usr1=1,len64,ack=none";

const std::string kText = "Hello, wörld 😀 from afar";

std::string Foreign(const std::string& name) { return std::string(MINITALK_FOREIGN) + "/" + name; }

struct Pair {
  const char* name;
  const char* format;
};

std::string NameOfPair(const testing::TestParamInfo<Pair>& test) { return test.param.name; }

class ForeignServer : public testing::TestWithParam<Pair> {};

INSTANTIATE_TEST_SUITE_P(All, ForeignServer,
                         testing::Values(Pair{"suspend", kSuspend}, Pair{"sigwait", kSigwait},
                                         Pair{"paced", kPaced}),
                         NameOfPair);

TEST_P(ForeignServer, UnderstandsOurClient) {
  Program server({Foreign(GetParam().name + std::string("_server"))});
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
    server.program().Wait(std::chrono::milliseconds(30));
  }
  return false;
}

// A client that paces itself loses bits where the machine is busy: then it may try again, more
// slowly. What a server makes of a failed attempt is not looked at.
bool SendForeign(const std::string& name, Server& server, const std::string& text) {
  std::vector<std::string> command{Foreign(name + "_client"), server.pid(), text};
  if (name != "paced") return Program(command).Wait() == 0 && Prints(server, text);
  for (const char* milliseconds : {"1", "5", "20", "50"}) {
    command.resize(3);
    command.emplace_back(milliseconds);
    if (Program(command).Wait() == 0 && Prints(server, text)) return true;
  }
  return false;
}

class ForeignClient : public testing::TestWithParam<Pair> {};

INSTANTIATE_TEST_SUITE_P(All, ForeignClient,
                         testing::Values(Pair{"suspend", kSuspend}, Pair{"sigwait", kSigwait},
                                         Pair{"paced", kPaced}),
                         NameOfPair);

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
    server.program().Wait(std::chrono::milliseconds(20));
    return server.program().err().find("nothing of it") != std::string::npos;
  }));
  EXPECT_EQ(RunClient({"--classic", "len32", server.pid(), "text"}).code, 0);
  EXPECT_EQ(server.Messages(1), "text\n");
}

// ---- Servers, as far as they can be found out ---------------------------------------------------

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
    EXPECT_EQ(FirstCandidate(RunClient({"--classic", "detect", server.pid(), "unsent"})), format);
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
  Program server({Foreign("suspend_server")});
  ASSERT_TRUE(server.AwaitLines(1));
  const ClientResult client = RunClient({"--classic", "detect", std::to_string(server.pid())});
  EXPECT_EQ(FirstCandidate(client), kSuspend);
  // Only the order of its bits is left open.
  EXPECT_EQ(std::count(client.out.begin(), client.out.end(), '\n'), 2) << client.out;
}

}  // namespace
}  // namespace minitalk

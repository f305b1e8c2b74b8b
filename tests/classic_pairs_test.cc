// --classic in the rarer formats, against a pair in C for each (tests/pairs): ten messages either
// way, and the format found out from the client.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>

#include "programs.h"

namespace minitalk {
namespace {

struct Pair {
  const char* name;
  const char* format;
  const char* found;  // by our server; null: as the format
};

constexpr Pair kPairs[] = {
    {"greets", "msb,usr1=0,nul,ack=bit,acksig=usr1,hello=usr1/usr2", nullptr},
    {"counts_nul", "msb,usr1=0,len32:n+text+nul,ack=bit,acksig=usr1", nullptr},
    {"length_and_nul", "msb,usr1=0,len32+text+nul,ack=bit,acksig=usr1", nullptr},
    {"little_endian", "msb,usr1=1,len32:le,ack=bit,acksig=usr1", nullptr},
    {"decimal", "msb,usr1=0,lendec,ack=bit,acksig=usr1", nullptr},
    // The answer that does not come cannot be seen where the client does not wait for it.
    {"last_unanswered", "msb,usr1=0,nul,ack=bit,acksig=usr1,end=none",
     "msb,usr1=0,nul,ack=bit,acksig=usr1"},
    {"checksum", "msb,usr1=0,sum8+text+nul,ack=bit,acksig=usr1", nullptr},
    {"pid_first", "msb,usr1=0,pid32+text+nul,ack=bit,acksig=usr1", nullptr},
    {"type_bit", "msb,usr1=0,bit1+len32+text,ack=bit,acksig=usr1", nullptr},
    {"no_end", "msb,usr1=0,silence,ack=bit,acksig=usr1", nullptr},
    {"marked", "msb,usr1=0,nul,ack=bit,acksig=usr1,mark=usr2", nullptr},
    {"pauses", "msb,usr1=0,nul,ack=bit,acksig=usr1,pause=5000,delay=5000",
     "msb,usr1=0,nul,ack=bit,acksig=usr1,delay=5000"}};

std::string NameOfPair(const testing::TestParamInfo<Pair>& test) { return test.param.name; }

class RarePair : public testing::TestWithParam<Pair> {
 protected:
  static std::string End(const char* which) {
    return fmt::format("{}/{}/{}", MINITALK_PAIRS, GetParam().name, which);
  }
};

INSTANTIATE_TEST_SUITE_P(All, RarePair, testing::ValuesIn(kPairs), NameOfPair);

constexpr int kMessages = 10;

std::string Text(int number) { return fmt::format("{} ü", number) + std::string(number, 'z'); }

TEST_P(RarePair, ItsServerUnderstandsOurClient) {
  Program server({End("server")});
  ASSERT_TRUE(server.AwaitLines(1));
  std::string expected = server.out();
  for (int i = 0; i < kMessages; ++i) {
    const ClientResult client =
        RunClient({"--classic", GetParam().format, std::to_string(server.pid()), Text(i)});
    EXPECT_EQ(client.code, 0) << client.err;
    expected += Text(i) + '\n';
  }
  EXPECT_TRUE(server.AwaitLines(kMessages + 1));
  EXPECT_EQ(server.out(), expected);
}

TEST_P(RarePair, OurServerUnderstandsItsClient) {
  Server server({"--classic", GetParam().format});
  std::string expected;
  for (int i = 0; i < kMessages; ++i) {
    Program client({End("client"), server.pid(), Text(i)});
    EXPECT_EQ(client.Wait(), 0) << client.err();
    expected += Text(i) + '\n';
  }
  EXPECT_EQ(server.Messages(kMessages), expected);
}

TEST_P(RarePair, OurServerFindsItsFormat) {
  Server server({"--classic", "detect"});
  Program client({End("client"), server.pid(), "hello to you"});
  EXPECT_EQ(client.Wait(), 0) << client.err();
  EXPECT_EQ(server.Messages(1), "hello to you\n");
  server.program().Send(SIGTERM);
  EXPECT_EQ(server.program().Wait(), 0);
  const Pair& pair = GetParam();
  const std::string found = pair.found != nullptr ? pair.found : pair.format;
  EXPECT_NE(server.program().err().find("speaks " + found), std::string::npos)
      << server.program().err();
}

// A format that its signals contradict: nothing is printed rather than something else.
TEST(RareFormat, AContradictionIsNotPrinted) {
  Server server({"--classic", "nul,mark=usr1"});
  Program client({fmt::format("{}/marked/client", MINITALK_PAIRS), server.pid(), "hello"});
  ASSERT_TRUE(Eventually([&] {
    server.program().Wait(std::chrono::milliseconds(20));
    return server.program().err().find("not in this format") != std::string::npos;
  }));
  EXPECT_EQ(server.Messages(0), "");
}

// It writes after eight times SIGUSR1: an empty message, and only the order of bits is left open.
TEST(RareFormat, WhatAServerWritesIsSeen) {
  Program server({fmt::format("{}/correct/server", MINITALK_PAIRS)});
  ASSERT_TRUE(server.AwaitLines(1));
  const ClientResult client = RunClient({"--classic", "detect", std::to_string(server.pid())});
  EXPECT_EQ(client.code, kUsage) << client.err;
  EXPECT_EQ(client.out, "msb,usr1=0,nul,ack=bit,acksig=usr1\nlsb,usr1=0,nul,ack=bit,acksig=usr1\n");
}

}  // namespace
}  // namespace minitalk

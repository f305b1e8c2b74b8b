// minitalk-carrier end to end, over every carrier: what goes in comes out, each failure has its
// exit code, and however it ends, nothing stays behind.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/carriers/registry.h"
#include "core/os/process_facts.h"
#include "programs.h"

namespace minitalk {
namespace {

std::vector<std::string> Command(const std::vector<std::string>& words) {
  std::vector<std::string> command{MINITALK_CARRIER};
  command.insert(command.end(), words.begin(), words.end());
  return command;
}

// The exit code, nothing on standard output, and a diagnosis of exactly one line.
void ExpectRefusal(const std::vector<std::string>& words, int code,
                   const std::string& output_path = "") {
  SCOPED_TRACE(testing::PrintToString(words));
  Program program(Command(words), {.input = {}, .output_path = output_path});
  EXPECT_EQ(program.Wait(), code) << program.err();
  EXPECT_EQ(program.out(), "");
  EXPECT_EQ(std::ranges::count(program.err(), '\n'), 1) << program.err();
}

class CarrierProgram : public testing::TestWithParam<const CarrierInfo*> {
 protected:
  std::string name() const { return std::string(GetParam()->name); }

  // Without end, so that something can happen to it on the way.
  std::vector<std::string> Endless(const std::string& timeout = "60") const {
    return Command({name(), "--file", "/dev/zero", "--timeout", timeout});
  }
};

std::string NameOfCarrier(const testing::TestParamInfo<const CarrierInfo*>& carrier) {
  std::string name(carrier.param->name);
  std::ranges::replace(name, '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, CarrierProgram,
                         testing::ValuesIn(AllCarriers().begin(), AllCarriers().end()),
                         NameOfCarrier);

Streams ToNowhere() { return {.input = {}, .output_path = "/dev/null"}; }

// Its two ends, server first, once both are under way.
std::vector<pid_t> AwaitEnds(const Program& program) {
  const std::string pid = std::to_string(program.pid());
  std::vector<pid_t> ends;
  Eventually([&] {
    std::ifstream children("/proc/" + pid + "/task/" + pid + "/children");
    ends.clear();
    for (pid_t child = 0; children >> child;) ends.push_back(child);
    return ends.size() == 2;
  });
  return ends;
}

TEST_P(CarrierProgram, Message) {
  Program program(Command({name(), "hello"}));
  EXPECT_EQ(program.Wait(), 0) << program.err();
  EXPECT_EQ(program.out(), "hello\n");
  EXPECT_EQ(program.err(), "");
}

TEST_P(CarrierProgram, StandardInput) {
  std::string input(1'000'003, '\0');
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = static_cast<char>(i * i >> 8);
  Program program(Command({name(), "-", "--stats"}), {.input = input, .output_path = {}});
  ASSERT_EQ(program.Wait(), 0) << program.err();
  EXPECT_TRUE(program.out() == input);
  const auto stats = nlohmann::json::parse(program.err());
  EXPECT_EQ(stats["carrier"], name());
  EXPECT_EQ(stats["bytes"], input.size());
  EXPECT_GT(stats["seconds"], 0);
  EXPECT_GT(stats["goodput_bytes_per_second"], 0);
}

TEST_P(CarrierProgram, EmptyInput) {
  Program program(Command({name(), "-"}), {.input = "", .output_path = {}});
  EXPECT_EQ(program.Wait(), 0) << program.err();
  EXPECT_EQ(program.out(), "");
}

TEST_P(CarrierProgram, EveryWait) {
  for (const WaitMode wait : {WaitMode::kSleep, WaitMode::kSpin}) {
    const auto modes = ModesOf(*GetParam());
    const std::vector<std::string> words{name(), "hello", "--wait", std::string(ToString(wait))};
    if (std::ranges::find(modes, wait) == modes.end()) {
      ExpectRefusal(words, kUsage);
    } else {
      EXPECT_EQ(Program(Command(words)).Wait(), 0);
    }
  }
}

TEST_P(CarrierProgram, EveryPlacement) {
  for (const char* pin : {"same", "cross", "none"}) {
    if (AllowedCpus().size() < 2 && std::string(pin) == "cross") continue;
    EXPECT_EQ(Program(Command({name(), "hello", "--pin", pin})).Wait(), 0) << pin;
  }
}

TEST_P(CarrierProgram, Steps) {
  Program program(Command({name(), "hello", "--steps"}));
  EXPECT_EQ(program.Wait(), 0);
  EXPECT_EQ(program.out(), "hello\n");
  for (const std::string_view step :
       {GetParam()->steps.make, GetParam()->steps.send, GetParam()->steps.receive}) {
    EXPECT_NE(program.err().find(step), std::string::npos) << program.err();
  }
}

TEST_P(CarrierProgram, FullOutput) {
  ExpectRefusal({name(), "hello"}, kOutputFailed, "/dev/full");
  ExpectRefusal({name(), "--file", "/dev/zero"}, kOutputFailed, "/dev/full");
}

// Ends with 75 and one line, soon, whichever end is killed.
TEST_P(CarrierProgram, KilledEnd) {
  for (const std::size_t end : {0u, 1u}) {
    Program program(Endless(), ToNowhere());
    const auto ends = AwaitEnds(program);
    ASSERT_EQ(ends.size(), 2u);
    kill(ends[end], SIGKILL);
    EXPECT_EQ(program.Wait(), kTryLater);
    EXPECT_NE(program.err().find("died of signal 9"), std::string::npos) << program.err();
  }
}

TEST_P(CarrierProgram, StoppedEnd) {
  Program program(Endless("0.1"), ToNowhere());
  const auto ends = AwaitEnds(program);
  ASSERT_EQ(ends.size(), 2u);
  kill(ends[0], SIGSTOP);
  EXPECT_EQ(program.Wait(), kTryLater);
  EXPECT_NE(program.err().find("no progress"), std::string::npos) << program.err();
}

// The signals of a terminal and of an init system: both ends go, and nothing stays.
TEST_P(CarrierProgram, InterruptedLeavesNothing) {
  const Names before = NamedObjects();
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    Program program(Endless(), ToNowhere());
    const auto ends = AwaitEnds(program);
    program.Send(signal);
    EXPECT_EQ(program.Wait(), 128 + signal) << program.err();
    for (const pid_t end : ends) EXPECT_FALSE(InspectProcess(end).has_value());
  }
  EXPECT_EQ(StaysSince(before), "");
}

// The ends die with their parent, and what has no name with them. Only a System V queue needs a
// process that removes it.
TEST_P(CarrierProgram, KilledLeavesNothing) {
  if (name() == "sysv")
    GTEST_SKIP() << "a System V queue outlives the process that would remove it";
  const Names before = NamedObjects();
  Program program(Endless(), ToNowhere());
  AwaitEnds(program);
  program.Send(SIGKILL);
  EXPECT_EQ(program.Wait(), 128 + SIGKILL);
  program.Reap();  // which waits for the ends
  EXPECT_EQ(StaysSince(before), "");
}

TEST(CarrierProgramUsage, Wrong) {
  const TemporaryFile file("x");
  for (const auto& words :
       std::vector<std::vector<std::string>>{{},
                                             {""},
                                             {"pigeon"},
                                             {"pigeon", "x"},
                                             {"pipe", "x", "y"},
                                             {"pipe", "x", "--file", file.path()},
                                             {"pipe", "x", "--wait", "never"},
                                             {"pipe", "x", "--pin", "here"},
                                             {"pipe", "x", "--timeout", "0"},
                                             {"pipe", "x", "--nonsense"}}) {
    ExpectRefusal(words, kUsage);
  }
}

TEST(CarrierProgramUsage, UnreadableInput) {
  ExpectRefusal({"pipe", "--file", "/nonexistent/file"}, kNoInput);
  ExpectRefusal({"pipe", "--file", "/tmp"}, kNoInput);
  Program program({"sh", "-c", "exec \"$0\" unix - <&-", MINITALK_CARRIER});
  EXPECT_EQ(program.Wait(), kNoInput) << program.err();
}

// A descriptor of the carrier must not take the place of a closed one.
TEST(CarrierProgramUsage, ClosedOutput) {
  Program program({"sh", "-c", "exec \"$0\" unix x >&-", MINITALK_CARRIER});
  EXPECT_EQ(program.Wait(), kOutputFailed) << program.err();
  Program mute({"sh", "-c", "exec \"$0\" unix x --steps 2>&-", MINITALK_CARRIER});
  EXPECT_EQ(mute.Wait(), 0);
  EXPECT_EQ(mute.out(), "x\n");
}

TEST(CarrierProgramUsage, GreetingAndMenu) {
  Program greeting(Command({"shm"}));
  EXPECT_EQ(greeting.Wait(), 0);
  EXPECT_NE(greeting.out().find("shm-sem"), std::string::npos);
  Program menu(Command({"--list"}));
  EXPECT_EQ(menu.Wait(), 0);
  EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(menu.out(), '\n')), AllCarriers().size());
  Program help(Command({"--help"}));
  EXPECT_EQ(help.Wait(), 0);
  EXPECT_NE(help.out().find("--steps"), std::string::npos);
}

// What comes slowly is no standstill: the time limit is for the carrier. The first part is more
// than what is read before anything else happens.
TEST(CarrierProgramUsage, SlowInput) {
  Program program({"sh", "-c",
                   "(head -c 2000000 /dev/zero; sleep 0.8; echo) | \"$0\" pipe - --timeout 0.5",
                   MINITALK_CARRIER});
  EXPECT_EQ(program.Wait(), 0) << program.err();
  EXPECT_EQ(program.out().size(), 2'000'001u);
}

}  // namespace
}  // namespace minitalk

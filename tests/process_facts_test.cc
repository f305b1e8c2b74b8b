// Which pids are accepted from a person, and what /proc tells about a process.
#include "core/os/process_facts.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>

#include "core/os/signals.h"
#include "process_harness.h"

namespace minitalk {
namespace {

TEST(ParsePid, Good) {
  EXPECT_EQ(ParsePid("2"), 2);
  EXPECT_EQ(ParsePid("4194304"), 4194304);
  EXPECT_EQ(ParsePid("2147483647"), 2147483647);
  EXPECT_EQ(ParsePid("007"), 7);
}

TEST(ParsePid, Bad) {
  for (const char* text : {"0",          "-1",
                           "1",          "abc",
                           "12x",        "x12",
                           "4294967297", "4294967298",
                           "2147483648", "",
                           " 5",         "5 ",
                           "+5",         "--5",
                           "-2",         "0x10",
                           "1e3",        "1.5",
                           "٣",          "00",
                           "01",         "99999999999999999999999"}) {
    EXPECT_EQ(ParsePid(text), std::nullopt) << '"' << text << '"';
  }
  EXPECT_EQ(ParsePid(std::string_view("12\0", 3)), std::nullopt);
  EXPECT_EQ(ParsePid(std::to_string(getpid())), std::nullopt);
}

TEST(InspectProcess, Itself) {
  const auto facts = InspectProcess(getpid());
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->parent, getppid());
  EXPECT_EQ(facts->real_uid, getuid());
  EXPECT_EQ(facts->effective_uid, geteuid());
  EXPECT_EQ(facts->state, 'R');
  EXPECT_FALSE(facts->catches_both);
  EXPECT_TRUE(facts->name.starts_with("process_facts"));
}

// What the process looks like from outside, asleep, after `prepare`.
std::optional<ProcessFacts> FactsAfter(const std::function<void()>& prepare) {
  const Child child([&] {
    prepare();
    prctl(PR_SET_NAME, "ready");
    sleep(600);
    return std::string();
  });
  std::optional<ProcessFacts> facts;
  Eventually([&] {
    facts = InspectProcess(child.pid());
    return facts && facts->name == "ready" && facts->state == 'S';
  });
  return facts;
}

void Handle(int) {}

TEST(InspectProcess, WhoCatchesBothSignals) {
  const auto catches = [](const std::function<void()>& prepare) {
    return FactsAfter(prepare)->catches_both;
  };
  const auto handle_both = [] {
    signal(SIGUSR1, Handle);
    signal(SIGUSR2, Handle);
  };
  EXPECT_FALSE(catches([] {}));
  EXPECT_TRUE(catches(handle_both));
  EXPECT_FALSE(catches([] { signal(SIGUSR1, Handle); }));
  EXPECT_FALSE(catches([] { signal(SIGUSR2, Handle); }));
  EXPECT_FALSE(catches([=] {
    handle_both();
    signal(SIGUSR2, SIG_IGN);
  }));
  // A shell blocks everything while it forks, and asks for nothing.
  EXPECT_FALSE(catches([] {
    sigset_t set;
    sigfillset(&set);
    sigprocmask(SIG_BLOCK, &set, nullptr);
  }));
  EXPECT_TRUE(catches([] { PrepareSignals("test"); }));
}

TEST(InspectProcess, Zombie) {
  const Child child([] { return std::string(); });
  ASSERT_TRUE(child.Result());
  const auto facts = InspectProcess(child.pid());
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->state, 'Z');
  EXPECT_EQ(facts->parent, getpid());
}

TEST(InspectProcess, Stopped) {
  const Child child([] {
    sleep(600);
    return std::string();
  });
  kill(child.pid(), SIGSTOP);
  EXPECT_TRUE(Eventually([&] { return InspectProcess(child.pid())->state == 'T'; }));
}

TEST(InspectProcess, Missing) {
  Program gone({"true"});
  gone.Wait();
  const pid_t pid = gone.pid();
  gone.Reap();
  EXPECT_FALSE(InspectProcess(pid));
  EXPECT_FALSE(InspectProcess(0));
  EXPECT_FALSE(InspectProcess(-1));
}

}  // namespace
}  // namespace minitalk

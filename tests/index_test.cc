// The address as the message: threads of a receiver that take signals, on the real kernel. Beside
// the conformance suite, which leaves the number of threads to the protocol: any number of them, a
// system that grants fewer or none, ends that are killed, strangers, and that no thread stays.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "core/os/child.h"
#include "core/os/process_facts.h"
#include "core/os/signals.h"
#include "core/os/system_error.h"
#include "core/wire/bits.h"
#include "core/wire/turn.h"
#include "process_harness.h"
#include "protocols/registry.h"

namespace minitalk {
namespace {

constexpr std::chrono::milliseconds kLimit{20'000};
constexpr Placement kTogether{Pin::kSame, WaitMode::kSleep};

std::string RandomBody(std::size_t size) {
  std::mt19937 random(static_cast<unsigned>(size));
  std::string body(size, '\0');
  std::ranges::generate(body, [&] { return static_cast<char>(random()); });
  return body;
}

ProtocolChoice Choose(const std::string& name) { return *ChooseProtocol(AllProtocols(), name); }

std::string Result(const Link& link) {
  return link.ok() ? "" : std::string(ToString(link.status()));
}

// "done", or what went wrong.
std::string SendAll(Link& link, const std::string& protocol,
                    const std::vector<std::string>& bodies) {
  const ProtocolChoice choice = Choose(protocol);
  for (const std::string& body : bodies) {
    SendBody(link, choice, AsBytes(body));
    if (AwaitVerdict(link) != Status::kOk) return Result(link);
  }
  return "done";
}

std::string ReceiveAll(Link& link, const std::string& protocol,
                       const std::vector<std::string>& bodies) {
  const ProtocolChoice choice = Choose(protocol);
  for (const std::string& body : bodies) {
    std::string got(body.size(), '?');
    ReceiveBody(link, choice, std::as_writable_bytes(std::span(got)));
    if (!link.ok()) return Result(link);
    if (got != body) return "wrong at size " + std::to_string(body.size());
    SendVerdict(link, Status::kOk);
  }
  return "done";
}

// ---- Any number, any placement ------------------------------------------------------------------

using Case = std::tuple<std::string, Placement>;
class AnyNumber : public testing::TestWithParam<Case> {};

std::string NameOfCase(const testing::TestParamInfo<Case>& param) {
  std::string name = std::get<0>(param.param);
  std::ranges::replace(name, ':', '_');
  const Placement& placement = std::get<1>(param.param);
  return name + '_' + std::string(ToString(placement.pin)) + '_' +
         std::string(ToString(placement.wait));
}

INSTANTIATE_TEST_SUITE_P(All, AnyNumber,
                         testing::Combine(testing::Values("index", "index:1", "index:2", "index:5",
                                                          "index:8", "index:128", "index:1024"),
                                          testing::Values(kTogether,
                                                          Placement{Pin::kCross, WaitMode::kSpin},
                                                          Placement{Pin::kNone, WaitMode::kAuto})),
                         NameOfCase);

// Bodies of every length around a round, then a long one, on one link; short ones after it.
TEST_P(AnyNumber, BringsEveryBit) {
  const auto& [protocol, placement] = GetParam();
  if (!ChooseCpus(placement.pin)) GTEST_SKIP() << "needs two CPUs";
  std::vector<std::string> bodies;
  for (std::size_t size = 0; size < 24; ++size) bodies.push_back(RandomBody(size));
  bodies.push_back(RandomBody(6000));
  bodies.push_back(RandomBody(3));
  const PairResult result = RunPair(
      placement, kLimit, [&](KernelLink& link) { return SendAll(link, protocol, bodies); },
      [&](KernelLink& link) { return ReceiveAll(link, protocol, bodies); });
  EXPECT_EQ(result.first, "done");
  EXPECT_EQ(result.second, "done");
}

// ---- What the system grants ---------------------------------------------------------------------

constexpr uid_t kUser = 61'234;

// A user of its own, with so many processes and threads at most, since root has no such limit. Who
// is not root cannot become another; with one process at most it gets no thread.
bool LimitThreads(rlim_t most) {
  if (geteuid() == 0 && setresuid(kUser, kUser, kUser) != 0) return false;
  const rlimit limit{most, most};
  return setrlimit(RLIMIT_NPROC, &limit) == 0;
}

PairResult RunLimited(rlim_t most) {
  const std::vector<std::string> bodies{RandomBody(2000), RandomBody(9)};
  return RunPair(
      kTogether, kLimit,
      [&](KernelLink& link) {
        // Who is no longer root may not signal one who still is.
        const bool may_send = Eventually([&] {
          const auto receiver = InspectProcess(link.peer().pid());
          return geteuid() != 0 || (receiver && receiver->effective_uid == kUser);
        });
        return may_send && LimitThreads(most) ? SendAll(link, "index:128", bodies) : "cannot limit";
      },
      [&](KernelLink& link) {
        if (!LimitThreads(most)) return std::string("cannot limit");
        const std::string result = ReceiveAll(link, "index:128", bodies);
        return result + ' ' + std::to_string(link.thread_count());
      });
}

TEST(IndexLimits, GoesByLanesWithoutThreads) {
  const PairResult result = RunLimited(1);
  EXPECT_EQ(result.first, "done");
  EXPECT_EQ(result.second, "done 0");
}

// Two processes and eighteen threads are twenty; half of the threads are given back.
TEST(IndexLimits, TakesHalfOfWhatIsLeft) {
  if (geteuid() != 0) GTEST_SKIP() << "needs to become another user";
  const PairResult result = RunLimited(20);
  EXPECT_EQ(result.first, "done");
  EXPECT_EQ(result.second, "done 9");
}

// ---- Its end ------------------------------------------------------------------------------------

// So many threads this process has.
std::size_t ThreadCount() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

class NoTaker final : public Taker {
  Reaction Take(std::size_t, Signal) noexcept override { return {.status = Status::kGarbled}; }
};

TEST(IndexThreads, EndWithTheirLink) {
  const std::string counts = InChild([] {
    PrepareSignals("minitalk-test");
    const Child peer([]() -> std::string {
      pause();
      return "";
    });
    const std::size_t before = ThreadCount();
    std::string seen;
    {
      std::optional<Process> process;
      Process::Open(peer.pid(), &process);
      KernelLink link(std::move(*process), WaitMode::kSleep, kLimit);
      link.threads()->Make(64);
      seen = std::to_string(ThreadCount() - before);
      kill(peer.pid(), SIGKILL);
      NoTaker taker;
      link.threads()->Serve(64, taker);
      seen += ' ' + Result(link);
    }
    return seen + ' ' + std::to_string(ThreadCount() - before);
  });
  EXPECT_EQ(counts, "64 " + std::string(ToString(Status::kPeerDied)) + " 0");
}

// Ends the calling process as a user might, in the middle of what it does next.
void KillMyselfSoon() {
  const pid_t self = getpid();
  Require(Fork([self] {
            std::this_thread::sleep_for(std::chrono::milliseconds(300));
            return kill(self, SIGKILL);
          }),
          "fork");
}

TEST(IndexThreads, NoticeThatTheSenderWasKilled) {
  const std::vector<std::string> bodies{RandomBody(4'000'000)};
  const PairResult result = RunPair(
      kTogether, kLimit,
      [&](KernelLink& link) {
        KillMyselfSoon();
        return SendAll(link, "index:128", bodies);
      },
      [&](KernelLink& link) { return ReceiveAll(link, "index:128", bodies); });
  EXPECT_EQ(result.first, "(died)");
  EXPECT_EQ(result.second, ToString(Status::kPeerDied));
}

TEST(IndexThreads, AreGoneWithTheirProcess) {
  const std::vector<std::string> bodies{RandomBody(4'000'000)};
  const PairResult result = RunPair(
      kTogether, kLimit, [&](KernelLink& link) { return SendAll(link, "index:128", bodies); },
      [&](KernelLink& link) {
        KillMyselfSoon();
        return ReceiveAll(link, "index:128", bodies);
      });
  EXPECT_EQ(result.first, ToString(Status::kPeerDied));
  EXPECT_EQ(result.second, "(died)");
}

// ---- Strangers ----------------------------------------------------------------------------------

// Sends both signals to every thread of its parent's but the first, again and again.
[[noreturn]] void Disturb(pid_t target) {
  for (;;) {
    std::error_code error;
    for (const auto& task :
         std::filesystem::directory_iterator("/proc/" + std::to_string(target) + "/task", error)) {
      const pid_t thread = std::stoi(task.path().filename());
      if (thread == target) continue;
      for (const int signal : {SIGUSR1, SIGUSR2}) syscall(SYS_tgkill, target, thread, signal);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

// A stranger in a thread's slot may stop the transfer, and cannot change a bit.
TEST(IndexThreads, TakeNothingFromStrangers) {
  const std::vector<std::string> bodies(20, RandomBody(3000));
  const PairResult result = RunPair(
      kTogether, kLimit, [&](KernelLink& link) { return SendAll(link, "index:64", bodies); },
      [&](KernelLink& link) {
        const pid_t self = getpid();
        const Child stranger([self]() -> std::string { Disturb(self); });
        const std::string got = ReceiveAll(link, "index:64", bodies);
        return got + (link.counters().strangers > 0 ? ", disturbed" : ", undisturbed");
      });
  const std::string interfered(ToString(Status::kInterfered));
  EXPECT_TRUE(result.second == "done, disturbed" || result.second == interfered + ", disturbed")
      << result.second;
}

}  // namespace
}  // namespace minitalk

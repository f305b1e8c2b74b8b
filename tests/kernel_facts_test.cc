// The facts about the kernel that the project rests on (docs/kernel.md), asked of the kernel
// itself: if one of them ever changes, this says so before a protocol does. Here: the slots, their
// order, handlers, and what fork, exec and SIG_IGN do. Each question is put in a forked child,
// which tells what it saw, so that no signal state leaks into the next one.
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <random>
#include <thread>

#include "core/os/process_facts.h"
#include "process_harness.h"
#include "signal_probe.h"

namespace minitalk {
namespace {

// Sends to itself.
void SendAll(const std::string& slots) {
  for (const char slot : slots) SendTo(getpid(), slot);
}

TEST(KernelFacts, OneSlotASignalAndTheFirstSenderStays) {
  const std::string seen = InChild([] {
    BlockBoth();
    for (const int value : {1, 2, 3}) {
      QueueInfo(getpid(), ForgedInfo(SIGUSR1, SI_QUEUE, getpid(), value));
    }
    std::string values;
    siginfo_t info = {};
    while (TakeRaw(&info) > 0) values += std::to_string(info.si_value.sival_int);
    return values;
  });
  EXPECT_EQ(seen, "1");
}

TEST(KernelFacts, ALostSignalLooksSent) {
  const std::string seen = InChild([] {
    BlockBoth();
    std::string sent;
    for (const char slot : kAllSlots + kAllSlots) sent += SendTo(getpid(), slot) ? '+' : '-';
    return sent + TakeAll();
  });
  EXPECT_EQ(seen, "++++++++abcd");
}

TEST(KernelFacts, FourIndependentSlots) {
  for (const char slot : kAllSlots) {
    const std::string alone(1, slot);
    EXPECT_EQ(InChild([&] {
                BlockBoth();
                SendAll(alone);
                return TakeAll();
              }),
              alone);
  }
}

TEST(KernelFacts, PrivateBeforeSharedAndLowestFirst) {
  std::string order = kAllSlots;
  int orders = 0;
  do {
    EXPECT_EQ(InChild([&] {
                BlockBoth();
                SendAll(order);
                return TakeAll();
              }),
              kAllSlots)
        << "sent as " << order;
    ++orders;
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_EQ(orders, 24);
}

// The whole model, four bits, against the kernel: random sends and takes.
TEST(KernelFacts, FourBitModelHolds) {
  const std::string mismatch = InChild([]() -> std::string {
    BlockBoth();
    std::mt19937 random(1);
    std::array<bool, 4> model{};
    for (int step = 0; step < 50'000; ++step) {
      const std::size_t slot = random() % 6;
      if (slot < 4) {
        SendTo(getpid(), kAllSlots[slot]);
        model[slot] = true;
        continue;
      }
      const auto first = std::find(model.begin(), model.end(), true);
      siginfo_t info = {};
      const int number = TakeRaw(&info);
      if ((number > 0) != (first != model.end()))
        return "taken or not, step " + std::to_string(step);
      if (number < 0) continue;
      const auto expected = first - model.begin();
      const auto taken = (info.si_code == SI_TKILL ? 0 : 2) + (number == SIGUSR2 ? 1 : 0);
      if (taken != expected) return "another slot, step " + std::to_string(step);
      *first = false;
    }
    return "";
  });
  EXPECT_EQ(mismatch, "");
}

// The link's clock (SIGALRM) is served only after the peer's signals.
TEST(KernelFacts, AlarmComesLast) {
  const std::string order = InChild([] {
    sigset_t set = BothSignals();
    sigaddset(&set, SIGALRM);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    for (const int signal : {SIGALRM, SIGUSR2, SIGUSR1}) kill(getpid(), signal);
    std::string taken;
    for (int i = 0; i < 3; ++i)
      taken += std::to_string(sigtimedwait(&set, nullptr, &kNoTime)) + ' ';
    return taken;
  });
  EXPECT_EQ(order, "10 12 14 ");
}

std::array<char, 8> g_ran{};
volatile std::sig_atomic_t g_ran_count = 0;

void Note(int signal) {
  g_ran[static_cast<std::size_t>(g_ran_count)] = signal == SIGUSR1 ? '1' : '2';
  g_ran_count = g_ran_count + 1;
}

// Both pending, then unblocked: in which order do the handlers run?
std::string OrderOfHandlers(bool both_masked) {
  return InChild([=]() -> std::string {
    struct sigaction action = {};
    action.sa_handler = Note;
    if (both_masked) action.sa_mask = BothSignals();
    sigaction(SIGUSR1, &action, nullptr);
    sigaction(SIGUSR2, &action, nullptr);
    BlockBoth();
    SendAll("cd");
    const sigset_t both = BothSignals();
    sigprocmask(SIG_UNBLOCK, &both, nullptr);
    return {g_ran.data(), static_cast<std::size_t>(g_ran_count)};
  });
}

TEST(KernelFacts, HandlersWithAnEmptyMaskNest) {
  if (kHandlersAreDeferred) GTEST_SKIP();
  EXPECT_EQ(OrderOfHandlers(false), "21");
}
TEST(KernelFacts, HandlersWithBothMaskedDoNot) { EXPECT_EQ(OrderOfHandlers(true), "12"); }

TEST(KernelFacts, ForkEmptiesPendingAndKeepsMaskAndHandlers) {
  const std::string seen = InChild([] {
    BlockBoth();
    signal(SIGUSR1, Note);
    SendAll(kAllSlots);
    const std::string child = InChild([] { return DescribeSignals(getpid()); });
    return child + ", parent: " + TakeAll();
  });
  EXPECT_EQ(seen, "pending blocked12 ignored caught1, parent: abcd");
}

TEST(KernelFacts, ExecKeepsPendingAndMaskAndResetsHandlers) {
  const Child sleeper([]() -> std::string {
    BlockBoth();
    signal(SIGUSR1, Note);
    signal(SIGUSR2, SIG_IGN);
    SendAll("ac");
    execlp("sleep", "sleep", "600", nullptr);
    return "exec failed";
  });
  ASSERT_TRUE(Eventually([&] {
    const auto facts = InspectProcess(sleeper.pid());
    return facts && facts->name == "sleep";
  }));
  EXPECT_EQ(DescribeSignals(sleeper.pid()), "pending1 blocked12 ignored2 caught");
}

TEST(KernelFacts, IgnoringDiscardsWhatIsPending) {
  for (const bool block : {false, true}) {
    const std::string seen = InChild([=] {
      BlockBoth();
      SendAll(kAllSlots);
      const sigset_t both = BothSignals();
      signal(SIGUSR1, SIG_IGN);
      signal(SIGUSR2, SIG_IGN);
      if (!block) sigprocmask(SIG_UNBLOCK, &both, nullptr);
      BlockBoth();
      signal(SIGUSR1, SIG_DFL);
      signal(SIGUSR2, SIG_DFL);
      return "left: " + TakeAll();
    });
    EXPECT_EQ(seen, "left: ");
  }
}

// ---- Threads ------------------------------------------------------------------------------------

// A thread that takes all that is pending when it is told to.
class TakingThread {
 public:
  TakingThread()
      : thread_([this] {
          id_ = static_cast<pid_t>(syscall(SYS_gettid));
          for (;;) {
            while (!asked_) std::this_thread::yield();
            if (ends_) return;
            taken_ = TakeAll();
            asked_ = false;
          }
        }) {
    while (id_ == 0) std::this_thread::yield();
  }
  ~TakingThread() {
    ends_ = asked_ = true;
    thread_.join();
  }
  TakingThread(const TakingThread&) = delete;
  TakingThread& operator=(const TakingThread&) = delete;

  pid_t id() const { return id_; }
  void Send(int signal) const { syscall(SYS_tgkill, getpid(), id(), signal); }
  std::string Take() {
    asked_ = true;
    while (asked_) std::this_thread::yield();
    return taken_;
  }

 private:
  std::atomic<pid_t> id_ = 0;
  std::atomic<bool> asked_ = false;
  std::atomic<bool> ends_ = false;
  std::string taken_;
  std::thread thread_;
};

TEST(KernelFacts, EachThreadHasTwoSlotsOfItsOwn) {
  const std::string mismatch = InChild([]() -> std::string {
    BlockBoth();
    std::array<TakingThread, 3> threads;
    std::array<std::array<bool, 2>, 3> model{};
    std::mt19937 random(1);
    for (int step = 0; step < 3000; ++step) {
      const std::size_t number = random() % threads.size();
      const std::size_t signal = random() % 3;
      if (signal < 2) {
        threads[number].Send(signal == 0 ? SIGUSR1 : SIGUSR2);
        model[number][signal] = true;
        continue;
      }
      const std::string expected =
          std::string(model[number][0] ? "a" : "") + (model[number][1] ? "b" : "");
      model[number] = {};
      const std::string taken = threads[number].Take();
      if (taken != expected) return "step " + std::to_string(step) + ": " + taken;
    }
    return TakeAll();
  });
  EXPECT_EQ(mismatch, "");
}

TEST(KernelFacts, KillWithAThreadsIdGoesToItsProcess) {
  const std::string seen = InChild([] {
    BlockBoth();
    TakingThread thread;
    kill(thread.id(), SIGUSR1);
    const std::string by_owner = TakeAll();
    kill(thread.id(), SIGUSR2);
    return by_owner + ' ' + thread.Take() + TakeAll();
  });
  EXPECT_EQ(seen, "c d");
}

}  // namespace
}  // namespace minitalk

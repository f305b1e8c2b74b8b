// The model of the pending signals: by itself, and against the kernel. Random signals by every
// call, from several processes, go to the kernel and to the model; what is taken must be the same,
// and what /proc and sigpending show. Each round runs in a process of its own, with a seed of its
// own, which is printed; MINITALK_SEED sets the first round's.
//
// The model takes it that the queue of signals is not exhausted. What the kernel does beyond
// RLIMIT_SIGPENDING is asked in kernel_facts_sender_test.cc (PendingLimit...).
#include "verify/pending.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <random>
#include <sstream>
#include <string>

#include "pending_senders.h"
#include "process_harness.h"
#include "signal_probe.h"

namespace minitalk::verify {
namespace {

// ---- The model by itself ------------------------------------------------------------------------

// The slots by letter, as in signal_probe.h.
Pending At(char letter, int sender = 1) {
  return {SignalFor(letter == 'b' || letter == 'd'),
          letter < 'c' ? Lane::kPrivate : Lane::kShared,
          {.code = letter < 'c' ? SI_TKILL : SI_USER, .sender = sender}};
}

char LetterOf(const Pending& pending) {
  const std::size_t shared = pending.lane == Lane::kShared ? 2 : 0;
  return kAllSlots[shared + (pending.signal == Signal::kUsr2 ? 1 : 0)];
}

std::string TakenFrom(PendingSets sets, Order order) {
  std::string letters;
  while (const auto taken = sets.Take(order)) letters += LetterOf(*taken);
  return letters;
}

PendingSets With(const std::string& letters) {
  PendingSets sets;
  for (const char letter : letters) EXPECT_TRUE(sets.Post(At(letter)));
  return sets;
}

TEST(PendingSets, KeepTheFirstOfEachSlot) {
  for (const char letter : kAllSlots) {
    PendingSets sets;
    EXPECT_TRUE(sets.Post(At(letter, 1)));
    EXPECT_FALSE(sets.Post(At(letter, 2)));
    const auto taken = sets.Take(Order::kTaken);
    EXPECT_TRUE(taken && Same(*taken, At(letter, 1))) << letter;
    EXPECT_TRUE(sets.empty());
  }
}

TEST(PendingSets, AreIndependent) {
  PendingSets sets = With(kAllSlots);
  for (const char letter : kAllSlots) EXPECT_FALSE(sets.Post(At(letter)));
  EXPECT_TRUE(std::ranges::all_of(sets.slots(), [](const auto& slot) { return slot.has_value(); }));
}

TEST(PendingSets, ATakenSlotIsFreeAgain) {
  for (const Order order : {Order::kTaken, Order::kNested}) {
    PendingSets sets = With(kAllSlots);
    for (int turn = 0; turn < 4; ++turn) {
      const auto taken = sets.Take(order);
      ASSERT_TRUE(taken);
      EXPECT_TRUE(sets.Post(At(LetterOf(*taken), 2)));
      EXPECT_FALSE(sets.Post(At(LetterOf(*taken), 3)));
    }
  }
}

TEST(PendingSets, ClearEmptiesThem) {
  PendingSets sets = With(kAllSlots);
  EXPECT_FALSE(sets.empty());
  sets.Clear();
  EXPECT_TRUE(sets.empty());
  EXPECT_FALSE(sets.Take(Order::kTaken));
  EXPECT_FALSE(sets.Take(Order::kNested));
  EXPECT_TRUE(sets.Post(At('c')));
}

TEST(PendingSets, TheOrderOfSendingDoesNotCount) {
  std::string sent = kAllSlots;
  do {
    EXPECT_EQ(TakenFrom(With(sent), Order::kTaken), kAllSlots) << sent;
  } while (std::next_permutation(sent.begin(), sent.end()));
}

TEST(PendingSets, ALaterPrivateSignalOvertakes) {
  PendingSets sets = With("cd");
  EXPECT_EQ(LetterOf(*sets.Take(Order::kTaken)), 'c');
  EXPECT_TRUE(sets.Post(At('b')));
  EXPECT_EQ(TakenFrom(sets, Order::kTaken), "bd");
}

// Every set of two or more; that the kernel does so is tested below.
TEST(PendingSets, NestedTheNumberThatWasNotFirstRuns) {
  for (const char* order :
       {"ba", "ac", "da", "cb", "bd", "dc", "bac", "bda", "dac", "cbd", "bdac"}) {
    EXPECT_EQ(TakenFrom(With(order), Order::kNested), order);
  }
}

// ---- Against the kernel -------------------------------------------------------------------------

std::uint64_t FirstSeed() {
  static const std::uint64_t kSeed = [] {
    const char* text = std::getenv("MINITALK_SEED");
    const std::uint64_t seed = text ? std::strtoull(text, nullptr, 10) : std::random_device()();
    std::cout << "MINITALK_SEED=" << seed << std::endl;
    return seed;
  }();
  return kSeed;
}

// "ok", or what went wrong.
using Check = std::function<std::string(Twins&)>;

void RunRounds(int rounds, const Check& check) {
  for (int round = 0; round < rounds; ++round) {
    const std::uint64_t seed = FirstSeed() + static_cast<std::uint64_t>(round);
    const std::string seen = InChild([&] {
      BlockBoth();
      Twins twins(seed);
      return check(twins);
    });
    ASSERT_TRUE(seen == "ok") << "round " << round << " with seed " << seed << ":\n" << seen;
  }
}

std::string Mismatch(const Twins& twins, const std::optional<Pending>& model,
                     const std::optional<Pending>& kernel) {
  return "model:  " + (model ? Describe(*model) : "nothing") +
         "\nkernel: " + (kernel ? Describe(*kernel) : "nothing") + twins.History();
}

// "", or how the two differ.
std::string TakeFromBoth(Twins& twins) {
  if (!twins.Flush()) return "not sent" + twins.History();
  siginfo_t info = {};
  const int number = TakeRaw(&info);
  std::optional<Pending> kernel;
  if (number > 0) kernel = Observed(info);
  const auto model = twins.Take(Order::kTaken);
  const bool same = model && kernel ? Same(*model, *kernel) : !model && !kernel;
  return same && number == (kernel ? info.si_signo : -1) ? "" : Mismatch(twins, model, kernel);
}

std::string TakeAllFromBoth(Twins& twins) {
  for (bool last = false; !last;) {
    last = twins.empty();
    if (const std::string wrong = TakeFromBoth(twins); !wrong.empty()) return wrong;
  }
  return "";
}

// {SigPnd, ShdPnd} of this process.
std::array<std::uint64_t, 2> MasksInProc() {
  std::array<std::uint64_t, 2> masks{};
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string key;
    words >> key >> std::hex;
    if (key == "SigPnd:") words >> masks[0];
    if (key == "ShdPnd:") words >> masks[1];
  }
  return masks;
}

std::uint64_t PendingMask() {
  sigset_t set;
  sigpending(&set);
  const auto bit = [&](int number) {
    return static_cast<std::uint64_t>(sigismember(&set, number) == 1) << (number - 1);
  };
  return bit(SIGUSR1) | bit(SIGUSR2);
}

std::string ComparePending(Twins& twins, bool in_proc) {
  if (!twins.Flush()) return "not sent" + twins.History();
  const auto model = twins.Masks();
  if (PendingMask() != (model[0] | model[1])) return "another sigpending" + twins.History();
  if (in_proc && MasksInProc() != model) return "another /proc/self/status" + twins.History();
  return "";
}

// As many operations of every kind, in phases that keep the slots more or less full.
std::string RandomOperations(Twins& twins) {
  constexpr std::size_t kOperations = 60'000;
  constexpr std::size_t kPhase = 64;
  std::size_t takes_of_eight = 0;
  for (std::size_t step = 0; twins.operations() < kOperations; ++step) {
    if (step % kPhase == 0) takes_of_eight = 1 + twins.Draw(7);
    std::string wrong;
    if (twins.Draw(8) < takes_of_eight) {
      wrong = TakeFromBoth(twins);
    } else {
      twins.PostRandom();
    }
    if (wrong.empty() && twins.Draw(50) == 0) wrong = ComparePending(twins, twins.Draw(2) == 0);
    if (wrong.empty() && twins.Draw(200) == 0) wrong = TakeAllFromBoth(twins);
    if (!wrong.empty()) return wrong;
  }
  // Else the survivor would not have been put to the test.
  if (twins.lost_to_another() < kOperations / 20) return "too few were lost";
  return "ok";
}

TEST(PendingAgainstKernel, TakesAndContents) { RunRounds(6, RandomOperations); }

// What the handlers saw, in the order in which their bodies ran.
std::array<siginfo_t, 16> g_ran{};
volatile std::sig_atomic_t g_ran_count = 0;

void Record(int number, siginfo_t* info, void* /*context*/) {
  const auto place = static_cast<std::size_t>(g_ran_count);
  if (place == g_ran.size()) return;
  std::memcpy(&g_ran[place], info, sizeof *info);
  g_ran[place].si_signo = number;
  g_ran_count = g_ran_count + 1;
}

void InstallHandlers(void (*handler)(int, siginfo_t*, void*)) {
  struct sigaction action = {};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  for (const int number : {SIGUSR1, SIGUSR2}) sigaction(number, &action, nullptr);
}

// Lets the handlers of all that is pending run. sigsuspend returns before the last of them: when
// the outermost frame is gone both are blocked again, so it is called until nothing is pending.
void RunHandlers(bool suspend) {
  g_ran_count = 0;
  const sigset_t both = BothSignals();
  if (!suspend) {
    pthread_sigmask(SIG_UNBLOCK, &both, nullptr);
    BlockBoth();
    return;
  }
  sigset_t mask;
  sigprocmask(SIG_BLOCK, nullptr, &mask);
  sigdelset(&mask, SIGUSR1);
  sigdelset(&mask, SIGUSR2);
  while (PendingMask() != 0) sigsuspend(&mask);
}

std::string CompareHandlers(Twins& twins) {
  for (int i = 0; i < g_ran_count; ++i) {
    const Pending kernel = Observed(g_ran[static_cast<std::size_t>(i)]);
    const auto model = twins.Take(Order::kNested);
    if (!model || !Same(*model, kernel)) return Mismatch(twins, model, kernel);
  }
  if (const auto model = twins.Take(Order::kNested)) return Mismatch(twins, model, std::nullopt);
  return "";
}

std::string RandomFillings(Twins& twins) {
  InstallHandlers(Record);
  for (int filling = 0; filling < 2'000; ++filling) {
    for (std::size_t left = 1 + twins.Draw(8); left > 0; --left) twins.PostRandom();
    if (!twins.Flush()) return "not sent" + twins.History();
    RunHandlers(twins.Draw(2) == 0);
    if (const std::string wrong = CompareHandlers(twins); !wrong.empty()) return wrong;
  }
  return "ok";
}

TEST(PendingAgainstKernel, NestingHandlers) {
  if (kHandlersAreDeferred) GTEST_SKIP();
  RunRounds(3, RandomFillings);
}

void RecordAndSendOnce(int number, siginfo_t* info, void* context) {
  if (g_ran_count == 0) SendTo(getpid(), 'a');
  Record(number, info, context);
}

// The limit of kNested: a slot is free as soon as its frame stands, not when its handler begins. So
// private USR1, sent by USR2's handler that runs in front of USR1's, is not lost.
TEST(PendingAgainstKernel, ASlotIsFreeWhileItsHandlerWaits) {
  if (kHandlersAreDeferred) GTEST_SKIP();
  const std::string ran = InChild([] {
    BlockBoth();
    InstallHandlers(RecordAndSendOnce);
    for (const char letter : {'a', 'b'}) SendTo(getpid(), letter);
    RunHandlers(false);
    std::string letters;
    for (int i = 0; i < g_ran_count; ++i) {
      letters += LetterOf(Observed(g_ran[static_cast<std::size_t>(i)]));
    }
    return letters;
  });
  EXPECT_EQ(ran, "baa");
  PendingSets sets = With("ab");
  EXPECT_EQ(LetterOf(*sets.Take(Order::kNested)), 'b');
  EXPECT_FALSE(sets.Post(At('a')));
}

}  // namespace
}  // namespace minitalk::verify

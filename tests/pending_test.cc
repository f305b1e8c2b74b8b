// The model of the pending signals by itself. That the kernel does the same is asked by
// minitalk-kernel-check (verify/kernel/model.cc).
#include "verify/pending.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <string>

namespace minitalk::verify {
namespace {

// Private USR1, private USR2, shared USR1, shared USR2.
const std::string kAllSlots = "abcd";

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
    ASSERT_TRUE(taken);
    EXPECT_EQ(LetterOf(*taken), letter);
    EXPECT_EQ(taken->info.sender, 1) << letter;
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

}  // namespace
}  // namespace minitalk::verify

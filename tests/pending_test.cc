// The model of the pending signals against the kernel.
#include "sim/pending.h"

#include <gtest/gtest.h>

namespace minitalk::sim {
namespace {

TEST(PendingSets, KeepTheFirstOfEachSlot) {
  PendingSets sets;
  EXPECT_TRUE(sets.Post({Signal::kUsr1, Lane::kShared, {.code = 0, .sender = 1}}));
  EXPECT_FALSE(sets.Post({Signal::kUsr1, Lane::kShared, {.code = 0, .sender = 2}}));
  EXPECT_EQ(sets.Take(Order::kTaken)->info.sender, 1);
  EXPECT_TRUE(sets.empty());
}

}  // namespace
}  // namespace minitalk::sim

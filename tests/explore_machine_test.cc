// What minitalk-explore knows of the two architectures: registers, arguments, numbers of calls. No
// program runs here, so both are tested on either machine.
#include <gtest/gtest.h>
#include <sys/syscall.h>

#include "pairs/explore/callers.h"
#include "pairs/explore/machine.h"

namespace minitalk::explore {
namespace {

TEST(Machine, ArgumentsOfX86_64AreWhereTheKernelTakesThem) {
  X86_64::Registers r = {};
  r.rdi = 1, r.rsi = 2, r.rdx = 3, r.r10 = 4, r.r8 = 5, r.r9 = 6;
  for (int i = 0; i < 6; ++i) EXPECT_EQ(X86_64::Argument(r, i), static_cast<std::uint64_t>(i) + 1);
  X86_64::SetArgument(r, 3, 40);
  EXPECT_EQ(r.r10, 40u);
}

TEST(Machine, ArgumentsOfAarch64AreItsFirstRegisters) {
  Aarch64::Registers r = {};
  for (std::uint64_t i = 0; i < 31; ++i) r.x[i] = 100 + i;
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(Aarch64::Argument(r, i), static_cast<std::uint64_t>(i) + 100);
  }
  EXPECT_EQ(Aarch64::Number(r), 108u);
  Aarch64::SetResult(r, 7);
  EXPECT_EQ(Aarch64::Result(r), 7u);
}

TEST(Machine, ARewoundCallIsExecutedAgain) {
  X86_64::Registers intel = {};
  intel.rip = 0x1002, intel.orig_rax = 34, intel.rax = static_cast<std::uint64_t>(-38);
  X86_64::Rewind(intel, X86_64::Number(intel));
  X86_64::Void(intel);
  EXPECT_EQ(intel.rip, 0x1000u);
  EXPECT_EQ(intel.rax, 34u);
  EXPECT_EQ(intel.orig_rax, ~std::uint64_t{0});
  Aarch64::Registers arm = {};
  arm.pc = 0x1004, arm.x[8] = 73, arm.x[0] = 5;
  Aarch64::Rewind(arm, Aarch64::Number(arm));
  EXPECT_EQ(arm.pc, 0x1000u);
  EXPECT_EQ(arm.x[8], 73u);
  EXPECT_EQ(arm.x[0], 5u);  // the first argument, which is the result's place as well
}

// The kernel's table for aarch64 is that of include/uapi/asm-generic/unistd.h.
TEST(Machine, NumbersOfCalls) {
  EXPECT_EQ(CallOf<X86_64>(34), Call::k_pause);
  EXPECT_EQ(CallOf<X86_64>(62), Call::k_kill);
  EXPECT_EQ(CallOf<X86_64>(130), Call::k_rt_sigsuspend);
  EXPECT_EQ(CallOf<Aarch64>(129), Call::k_kill);
  EXPECT_EQ(CallOf<Aarch64>(133), Call::k_rt_sigsuspend);
  EXPECT_EQ(CallOf<Aarch64>(137), Call::k_rt_sigtimedwait);
  EXPECT_EQ(CallOf<Aarch64>(73), Call::k_ppoll);
  EXPECT_FALSE(CallOf<Aarch64>(34).has_value());  // mkdirat there
  EXPECT_FALSE(CallOf<X86_64>(100'000).has_value());
  EXPECT_LT(Aarch64::NumberOf(Call::k_pause), 0);
}

TEST(Machine, NumbersOfThisMachineAreThoseOfItsHeaders) {
  EXPECT_EQ(Machine::NumberOf(Call::k_nanosleep), SYS_nanosleep);
  EXPECT_EQ(Machine::NumberOf(Call::k_clock_nanosleep), SYS_clock_nanosleep);
  EXPECT_EQ(Machine::NumberOf(Call::k_pselect6), SYS_pselect6);
  EXPECT_EQ(Machine::NumberOf(Call::k_write), SYS_write);
  EXPECT_EQ(Machine::NumberOf(Call::k_clone), SYS_clone);
  EXPECT_EQ(Machine::NumberOf(Call::k_wait4), SYS_wait4);
  EXPECT_EQ(Machine::NumberOf(Call::k_getrandom), SYS_getrandom);
}

TEST(Callers, WhatIsNotAsyncSignalSafe) {
  EXPECT_EQ(FamilyOf("printf"), FamilyOf("fflush"));
  EXPECT_NE(FamilyOf("printf"), FamilyOf("malloc"));
  EXPECT_EQ(FamilyOf("write"), 0);
  EXPECT_EQ(FamilyOf("kill"), 0);
}

}  // namespace
}  // namespace minitalk::explore

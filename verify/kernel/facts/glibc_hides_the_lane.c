// Takes a private signal by the library's function and by the system call.
#include "fact.h"

FACT("glibc's sigtimedwait says SI_USER where the kernel says SI_TKILL.",
     "A program that wants to tell the lanes apart has to make the system call itself.") {
#ifndef __GLIBC__
  skip("built with another C library than glibc");
#endif
  block_both();
  const sigset_t both = both_signals();
  siginfo_t info = {0};
  fill(getpid(), "a");
  sigtimedwait(&both, &info, &kNoTime);
  expect(info.si_code == SI_USER, "sigtimedwait: si_code %d", info.si_code);
  fill(getpid(), "a");
  take(&info);
  expect(info.si_code == SI_TKILL, "rt_sigtimedwait: si_code %d", info.si_code);
}

// One signal of each set, then sigpending.
#include "fact.h"

FACT("sigpending(2) has what is pending in either set.",
     "A program that looks there before it sleeps would miss what came by tgkill.") {
  block_both();
  fill(getpid(), "ad");
  sigset_t set;
  require(sigpending(&set), "sigpending");
  expect(sigismember(&set, SIGUSR1) == 1, "private USR1 is not shown");
  expect(sigismember(&set, SIGUSR2) == 1, "shared USR2 is not shown");
}

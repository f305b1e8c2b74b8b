// Both signals, one set, then unblocked at once.
#include "fact.h"

static char ran[9];
static volatile sig_atomic_t count = 0;

static void note(int number, siginfo_t* info, void* context) {
  (void)context;
  const int slot = (info->si_code == SI_TKILL ? 0 : 2) + (number == SIGUSR2 ? 1 : 0);
  if (count < 8) ran[count++] = "abcd"[slot];
}

FACT("With both pending and an empty sa_mask, USR2's handler runs before USR1's: the frames nest.",
     "A program that collects bits in handlers gets them in another order than one that takes "
     "them.") {
  struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
  sigaction(SIGUSR1, &action, NULL);
  sigaction(SIGUSR2, &action, NULL);
  block_both();
  fill(getpid(), "cd");
  unblock_both();
  expect_text(ran, "dc");
}

// All four, sent backwards, to handlers that block both.
#include "fact.h"

static char ran[9];
static volatile sig_atomic_t count = 0;

static void note(int number, siginfo_t* info, void* context) {
  (void)context;
  const int slot = (info->si_code == SI_TKILL ? 0 : 2) + (number == SIGUSR2 ? 1 : 0);
  if (count < 8) ran[count++] = "abcd"[slot];
}

FACT("With both signals in sa_mask the handlers run in the order of taking.",
     "That is how a program with handlers gets the order that a protocol needs.") {
  struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
  action.sa_mask = both_signals();
  sigaction(SIGUSR1, &action, NULL);
  sigaction(SIGUSR2, &action, NULL);
  block_both();
  fill(getpid(), "dcba");
  unblock_both();
  expect_text(ran, "abcd");
}

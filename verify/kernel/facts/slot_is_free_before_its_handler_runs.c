// Private USR1 is sent by USR2's handler, which runs in front of USR1's.
#include "fact.h"

static char ran[9];
static volatile sig_atomic_t count = 0;

static void note(int number, siginfo_t* info, void* context) {
  (void)context;
  const int slot = (info->si_code == SI_TKILL ? 0 : 2) + (number == SIGUSR2 ? 1 : 0);
  // The first to run is USR2's, in front of USR1's, whose slot it fills again.
  if (count == 0) fill(getpid(), "a");
  if (count < 8) ran[count++] = "abcd"[slot];
}

FACT("A slot is free as soon as its handler's frame stands, not when the handler begins.",
     "A signal that comes while its handler waits behind another is not lost.") {
  struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
  sigaction(SIGUSR1, &action, NULL);
  sigaction(SIGUSR2, &action, NULL);
  block_both();
  fill(getpid(), "ab");
  unblock_both();
  expect_text(ran, "baa");
}

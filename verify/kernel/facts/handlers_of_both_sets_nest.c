// One signal of each set, then both unblocked at once.
#include "fact.h"

static char ran[9];
static volatile sig_atomic_t count = 0;

static void note(int number, siginfo_t* info, void* context) {
  (void)context;
  const int slot = (info->si_code == SI_TKILL ? 0 : 2) + (number == SIGUSR2 ? 1 : 0);
  if (count < 8) ran[count++] = "abcd"[slot];
}

FACT("Of handlers for signals of both sets the shared one's runs first.",
     "The order of handlers is not the order of taking, on which a protocol of lanes rests.") {
  struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
  sigaction(SIGUSR1, &action, NULL);
  sigaction(SIGUSR2, &action, NULL);
  block_both();
  fill(getpid(), "ad");
  unblock_both();
  expect_text(ran, "da");
  count = 0;
  block_both();
  fill(getpid(), "bc");
  unblock_both();
  expect_text(ran, "cb");
}

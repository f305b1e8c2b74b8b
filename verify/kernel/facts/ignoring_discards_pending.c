// Fills all four, and sets both to be ignored and back.
#include "fact.h"

FACT("Setting a signal to be ignored discards what is pending of it in both sets, blocked or not.",
     "That is how a program empties all four slots at once, and how an inherited SIG_IGN loses "
     "bits.") {
  block_both();
  for (int unblocked = 0; unblocked < 2; ++unblocked) {
    fill(getpid(), "abcd");
    signal(SIGUSR1, SIG_IGN);
    signal(SIGUSR2, SIG_IGN);
    if (unblocked) unblock_both();
    block_both();
    signal(SIGUSR1, SIG_DFL);
    signal(SIGUSR2, SIG_DFL);
    expect_text(take_all(), "");
  }
}

// Takes one of two shared signals, then a private one is sent.
#include "fact.h"

FACT("A later signal to the private set overtakes earlier ones in the shared set.",
     "A message that ends on one lane may arrive before its last bit on the other.") {
  block_both();
  fill(getpid(), "cd");
  siginfo_t info;
  expect(take(&info) == SIGUSR1, "shared USR1 did not come first");
  fill(getpid(), "b");
  expect_text(take_all(), "bd");
}

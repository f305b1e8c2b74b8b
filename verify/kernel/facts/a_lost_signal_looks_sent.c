// Fills each slot twice.
#include "fact.h"

FACT("A send whose signal is dropped returns 0, as any other does.",
     "The sender cannot see a loss, so the receiver has to acknowledge.") {
  block_both();
  fill(getpid(), "abcd");
  fill(getpid(), "abcd");
  expect_text(take_all(), "abcd");
}

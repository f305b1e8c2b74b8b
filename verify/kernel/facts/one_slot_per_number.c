// Three signals of one number, each with a value.
#include "fact.h"

FACT("While a signal is pending, others of its number vanish, and the first siginfo stays.",
     "A bit that is sent before the last one was taken is lost.") {
  block_both();
  for (int value = 1; value <= 3; ++value) {
    require(sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = value}), "sigqueue");
  }
  siginfo_t info;
  expect(take(&info) == SIGUSR1 && info.si_value.sival_int == 1, "value %d came first",
         info.si_value.sival_int);
  expect(take(&info) < 0, "value %d came, too", info.si_value.sival_int);
}

// Three signals of one set, the lowest number sent last.
#include "fact.h"

FACT("SIGALRM, whose number is higher, is taken after SIGUSR1 and SIGUSR2 of the same set.",
     "A receiver whose clock is SIGALRM never times out while a signal of its peer waits.") {
  sigset_t set = both_signals();
  sigaddset(&set, SIGALRM);
  sigprocmask(SIG_BLOCK, &set, NULL);
  const int sent[] = {SIGALRM, SIGUSR2, SIGUSR1};
  const int wanted[] = {SIGUSR1, SIGUSR2, SIGALRM};
  for (int i = 0; i < 3; ++i) require(kill(getpid(), sent[i]), "kill");
  for (int i = 0; i < 3; ++i) {
    const int taken = sigtimedwait(&set, NULL, &kNoTime);
    expect(taken == wanted[i], "signal %d as number %d", taken, i + 1);
  }
}

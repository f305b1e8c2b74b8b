// A timer of 2 ms runs for 50 ms, and nobody looks.
#include "fact.h"

FACT("However often a timer expires while SIGALRM is blocked, one SIGALRM is pending afterwards.",
     "A clock of SIGALRM counts only ticks that the process saw: being stopped is no timeout.") {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGALRM);
  sigprocmask(SIG_BLOCK, &set, NULL);
  const struct itimerval often = {{0, 2000}, {0, 2000}};
  const struct itimerval never = {{0, 0}, {0, 0}};
  require(setitimer(ITIMER_REAL, &often, NULL), "setitimer");
  sleep_ms(50);
  require(setitimer(ITIMER_REAL, &never, NULL), "setitimer");
  int ticks = 0;
  while (sigtimedwait(&set, NULL, &kNoTime) == SIGALRM) ++ticks;
  expect(ticks == 1, "%d SIGALRM", ticks);
}

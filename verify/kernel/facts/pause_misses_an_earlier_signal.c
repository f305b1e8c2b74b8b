// A handler runs, then pause; an alarm ends it.
#include "fact.h"

static volatile sig_atomic_t usr1 = 0;
static volatile sig_atomic_t alarms = 0;
static void on_usr1(int number) { usr1 += number == SIGUSR1; }
static void on_alarm(int number) { alarms += number == SIGALRM; }

FACT("A handler that has run before pause(2) does not end it.",
     "`if (!ack) pause();` sleeps for ever if the signal comes in between.") {
  signal(SIGUSR1, on_usr1);
  signal(SIGALRM, on_alarm);
  require(kill(getpid(), SIGUSR1), "kill");
  expect(usr1 == 1, "a signal to itself is not delivered before kill returns");
  const struct itimerval soon = {.it_value = {0, 50000}};
  require(setitimer(ITIMER_REAL, &soon, NULL), "setitimer");
  pause();
  expect(alarms == 1, "pause ended before the alarm");
}

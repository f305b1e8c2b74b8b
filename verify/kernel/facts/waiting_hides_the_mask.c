// Looks at a process in sigtimedwait, without handlers and with them.
#include "fact.h"

static void handle(int number) { (void)number; }

static void wait_for_one(int with_handlers) {
  if (with_handlers) {
    signal(SIGUSR1, handle);
    signal(SIGUSR2, handle);
  }
  require(kill(getppid(), SIGUSR1), "kill");
  siginfo_t info;
  expect(take_within(&info, &kLong) == SIGUSR2, "the sleeper did not get USR2");
  _exit(0);
}

FACT("In /proc/PID/status a process in sigtimedwait blocks neither of its signals.",
     "It looks like one that SIGUSR1 would kill; handlers, which are shown, say otherwise.") {
  const unsigned long long both = kUsr1Bit | kUsr2Bit;
  block_both();
  for (int with_handlers = 0; with_handlers < 2; ++with_handlers) {
    const pid_t waiter = start();
    if (waiter == 0) wait_for_one(with_handlers);
    siginfo_t info;
    expect(take_within(&info, &kLong) == SIGUSR1, "the sleeper does not come to its wait");
    int hidden = 0;
    for (int i = 0; i < 1000 && !hidden; ++i) {
      sleep_ms(i < 20 ? 1 : 10);
      hidden = (mask_of(waiter, "SigBlk") & both) == 0;
    }
    expect(hidden, "SigBlk shows the signals as blocked while it waits");
    const unsigned long long caught = mask_of(waiter, "SigCgt") & both;
    expect(caught == (with_handlers ? both : 0), "SigCgt is %llx %s handlers", caught,
           with_handlers ? "with" : "without");
    require(kill(waiter, SIGUSR2), "kill");
    await(waiter);
  }
}

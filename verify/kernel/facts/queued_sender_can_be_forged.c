// Another process sends a siginfo with a pid that is not its own.
#include "fact.h"

enum { kForged = 2000000 };

static void send(pid_t receiver) {
  siginfo_t info = {.si_signo = SIGUSR1, .si_code = SI_QUEUE};
  info.si_pid = kForged;
  require(syscall(SYS_rt_sigqueueinfo, receiver, SIGUSR1, &info), "rt_sigqueueinfo");
}

FACT("rt_sigqueueinfo with a negative si_code leaves si_pid as the sender wrote it.",
     "Whoever trusts si_pid has to look at si_code first.") {
  block_both();
  const pid_t sender = by_another(send);
  expect_from(sender, SI_QUEUE, kForged);
}

// Another process sends by kill.
#include "fact.h"

static void send(pid_t receiver) { require(kill(receiver, SIGUSR1), "kill"); }

FACT("After kill, si_code is SI_USER and si_pid the sender's pid, both filled in by the kernel.",
     "A receiver takes a signal for its peer's by these two.") {
  block_both();
  const pid_t sender = by_another(send);
  expect_from(sender, SI_USER, sender);
}

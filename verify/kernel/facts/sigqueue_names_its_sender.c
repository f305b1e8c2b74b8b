// Another process sends by sigqueue.
#include "fact.h"

static void send(pid_t receiver) {
  require(sigqueue(receiver, SIGUSR1, (union sigval){.sival_int = 1}), "sigqueue");
}

FACT("After sigqueue, si_code is SI_QUEUE and si_pid the sender's pid, of the C library.",
     "A protocol that sends values can still know an honest peer.") {
  block_both();
  const pid_t sender = by_another(send);
  expect_from(sender, SI_QUEUE, sender);
}

// Another process sends by sigqueue, though nothing may be queued.
#include "fact.h"

static void send(pid_t receiver) {
  require(sigqueue(receiver, SIGUSR1, (union sigval){.sival_int = 1}), "sigqueue");
}

FACT("Beyond RLIMIT_SIGPENDING SIGUSR1 of sigqueue arrives with si_pid 0 and no value.",
     "EAGAIN comes for real-time signals only: only the receiver can notice the loss.") {
  block_both();
  if (forbid_queue() != 0) skip("RLIMIT_SIGPENDING: %s", strerror(errno));
  const pid_t sender = by_another(send);
  expect_from(sender, 0, 0);
}

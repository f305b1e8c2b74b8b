// Another process sends by kill, though nothing may be queued.
#include "fact.h"

static void send(pid_t receiver) { fill(receiver, "c"); }

FACT("Beyond RLIMIT_SIGPENDING a signal of kill still names its sender.",
     "The shared lane works with an empty queue, and can say that the other one does not.") {
  block_both();
  if (forbid_queue() != 0) skip("RLIMIT_SIGPENDING: %s", strerror(errno));
  const pid_t sender = by_another(send);
  expect_from(sender, SI_USER, sender);
}

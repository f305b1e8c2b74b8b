// Another process sends by tgkill, though nothing may be queued.
#include "fact.h"

static void send(pid_t receiver) { fill(receiver, "a"); }

FACT("Beyond RLIMIT_SIGPENDING a signal of tgkill arrives with si_code 0 and si_pid 0.",
     "The private lane falls silent for a receiver that trusts its peer's signals only.") {
  block_both();
  if (forbid_queue() != 0) skip("RLIMIT_SIGPENDING: %s", strerror(errno));
  const pid_t sender = by_another(send);
  expect_from(sender, 0, 0);
}

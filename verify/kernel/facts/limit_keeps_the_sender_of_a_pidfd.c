// Another process sends by a pidfd, though nothing may be queued.
#include "fact.h"

static void send(pid_t receiver) {
  require(syscall(SYS_pidfd_send_signal, open_pidfd(receiver), SIGUSR1, NULL, 0),
          "pidfd_send_signal");
}

FACT("Beyond RLIMIT_SIGPENDING a signal of a pidfd without a siginfo still names its sender.",
     "So a link may send by pidfds on the shared lane whatever the limit is.") {
  block_both();
  if (forbid_queue() != 0) skip("RLIMIT_SIGPENDING: %s", strerror(errno));
  const pid_t sender = by_another(send);
  expect_from(sender, SI_USER, sender);
}

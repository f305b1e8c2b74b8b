// Another process sends by a pidfd.
#include "fact.h"

static void send(pid_t receiver) {
  require(syscall(SYS_pidfd_send_signal, open_pidfd(receiver), SIGUSR1, NULL, 0),
          "pidfd_send_signal");
}

FACT("After pidfd_send_signal without a siginfo, si_code is SI_USER and si_pid the sender's pid.",
     "So a signal that cannot reach a process that inherited the pid looks like one of kill.") {
  block_both();
  const pid_t sender = by_another(send);
  expect_from(sender, SI_USER, sender);
}

// Another process sends by tgkill.
#include "fact.h"

static void send(pid_t receiver) {
  require(syscall(SYS_tgkill, receiver, receiver, SIGUSR1), "tgkill");
}

FACT("After tgkill, si_code is SI_TKILL and si_pid the sender's pid.",
     "si_code alone tells the private lane from the shared one.") {
  block_both();
  const pid_t sender = by_another(send);
  expect_from(sender, SI_TKILL, sender);
}

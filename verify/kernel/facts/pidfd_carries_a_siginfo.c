// Another process sends a siginfo by a pidfd.
#include "fact.h"

static void send(pid_t receiver) {
  const siginfo_t info = info_of('d');
  require(syscall(SYS_pidfd_send_signal, open_pidfd(receiver), SIGUSR2, &info, 0),
          "pidfd_send_signal");
}

FACT("pidfd_send_signal takes a siginfo and fills a shared slot with it.",
     "A payload on the shared lane cannot hit a process that inherited the pid.") {
  block_both();
  by_another(send);
  const siginfo_t sent = info_of('d');
  siginfo_t got;
  expect(take(&got) == SIGUSR2, "it did not arrive");
  expect(memcmp(&sent, &got, kTravel) == 0, "what it carried has changed");
}

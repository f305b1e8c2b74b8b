// Asks a pidfd for the private slot; private overtakes shared.
#include "fact.h"

enum { kToThread = 1 };  // PIDFD_SIGNAL_THREAD

FACT("pidfd_send_signal with PIDFD_SIGNAL_THREAD is private since Linux 6.9, EINVAL before.",
     "Without it there is only tgkill, which may hit a process that inherited the pid.") {
  block_both();
  const int pidfd = open_pidfd(getpid());
  fill(getpid(), "c");
  if (syscall(SYS_pidfd_send_signal, pidfd, SIGUSR2, NULL, kToThread) != 0) {
    expect(errno == EINVAL, "refused, but with: %s", strerror(errno));
    return;
  }
  expect_text(take_all(), "bc");
}

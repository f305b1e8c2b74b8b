// Looks at a pidfd while the child lives, when it is dead, and when it is reaped.
#include "fact.h"

FACT("A pidfd is readable from the death on, and gives ESRCH after the reaping.",
     "It is the only way to see that a peer which is not one's own child has died.") {
  int ends[2];
  require(pipe(ends), "pipe");
  const pid_t child = start();
  if (child == 0) {
    char byte;
    close(ends[1]);
    _exit(read(ends[0], &byte, 1) == 0 ? 0 : 2);
  }
  const int pidfd = open_pidfd(child);
  struct pollfd death = {.fd = pidfd, .events = POLLIN};
  expect(poll(&death, 1, 0) == 0, "it is readable while the process lives");
  close(ends[1]);
  expect(poll(&death, 1, 20000) == 1, "it is not readable after the death");
  expect(syscall(SYS_pidfd_send_signal, pidfd, SIGUSR1, NULL, 0) == 0, "to a zombie: %s",
         strerror(errno));
  await(child);
  expect(syscall(SYS_pidfd_send_signal, pidfd, SIGUSR1, NULL, 0) != 0, "the dead can be signalled");
  expect(errno == ESRCH, "after it was reaped: %s", strerror(errno));
}

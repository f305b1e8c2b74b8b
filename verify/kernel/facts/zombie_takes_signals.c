// Signals to a child that is dead, and then reaped.
#include "fact.h"

FACT("kill to a zombie returns 0 until it is reaped.",
     "A sender that asks kill whether its peer lives is told so for ever.") {
  const pid_t child = start();
  if (child == 0) _exit(0);
  siginfo_t info;
  require(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), "waitid");
  expect(kill(child, SIGUSR1) == 0, "kill: %s", strerror(errno));
  expect(syscall(SYS_tgkill, child, child, SIGUSR1) == 0, "tgkill: %s", strerror(errno));
  await(child);
  expect(kill(child, 0) != 0 && errno == ESRCH, "it can still be signalled after it was reaped");
}

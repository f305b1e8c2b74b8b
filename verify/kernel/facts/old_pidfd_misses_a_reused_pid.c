// In a pid namespace: a process dies, and another gets its pid.
#include "fact.h"

// A process with pid 2 of this namespace, which sleeps; -1 with errno if there cannot be one.
static pid_t start_as_2(void) {
  pid_t wanted = 2;
  struct clone_args how = {.exit_signal = SIGCHLD};
  how.set_tid = (uint64_t)(uintptr_t)&wanted;
  how.set_tid_size = 1;
  const pid_t pid = (pid_t)syscall(SYS_clone3, &how, sizeof how);
  if (pid == 0) {
    for (;;) pause();
  }
  return pid;
}

// The init of a pid namespace of its own.
static void in_namespace(void) {
  const pid_t first = start_as_2();
  if (first < 0) skip("clone3 with a chosen pid: %s", strerror(errno));
  const int pidfd = open_pidfd(first);
  kill(first, SIGKILL);
  require(waitpid(first, NULL, 0), "waitpid");
  expect(start_as_2() == first, "the pid cannot be had again: %s", strerror(errno));
  expect(kill(first, 0) == 0, "kill does not reach the new process: %s", strerror(errno));
  expect(syscall(SYS_pidfd_send_signal, pidfd, SIGUSR1, NULL, 0) != 0,
         "the old pidfd hits the new process");
  expect(errno == ESRCH, "the old pidfd: %s", strerror(errno));
}

FACT("After a pid is reused, kill hits the stranger, and a pidfd of the old process gives ESRCH.",
     "Only a pidfd keeps a late signal from killing a process that has nothing to do with it.") {
  if (unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0 && unshare(CLONE_NEWPID) != 0) {
    skip("no pid namespace can be made: %s", strerror(errno));
  }
  const pid_t child = start();
  if (child == 0) {
    in_namespace();
    _exit(0);
  }
  await(child);
}

// Sends to a child that is the init of a pid namespace.
#include "fact.h"

static void receive(void) {
  siginfo_t info = {0};
  expect(take_within(&info, &kLong) > 0, "nothing came");
  expect(info.si_code == SI_USER && info.si_pid == 0, "si_code %d, si_pid %d", info.si_code,
         info.si_pid);
}

FACT("A signal from outside the receiver's pid namespace arrives with si_pid 0.",
     "A container's program cannot know such a peer, and must not answer to pid 0.") {
  block_both();
  if (unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0 && unshare(CLONE_NEWPID) != 0) {
    skip("no pid namespace can be made: %s", strerror(errno));
  }
  const pid_t child = start();
  if (child == 0) {
    receive();
    _exit(0);
  }
  require(kill(child, SIGUSR1), "kill");
  await(child);
}

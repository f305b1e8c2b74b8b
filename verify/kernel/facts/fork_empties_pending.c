// Forks with all four slots full.
#include "fact.h"

static void handle(int number) { (void)number; }

FACT("fork empties the child's pending sets and keeps mask and handlers.",
     "A session that is forked begins with empty slots, and no client's signal is taken twice.") {
  block_both();
  signal(SIGUSR1, handle);
  fill(getpid(), "abcd");
  const pid_t child = start();
  if (child == 0) {
    expect_text(take_all(), "");
    sigset_t mask;
    sigprocmask(SIG_BLOCK, NULL, &mask);
    expect(sigismember(&mask, SIGUSR1) == 1 && sigismember(&mask, SIGUSR2) == 1,
           "the child does not block both");
    struct sigaction action;
    sigaction(SIGUSR1, NULL, &action);
    expect(action.sa_handler == handle, "the child has lost the handler");
    _exit(0);
  }
  await(child);
  expect_text(take_all(), "abcd");
}

// Fills two slots and executes itself again.
#include "fact.h"

static void handle(int number) { (void)number; }

// What the program finds when it begins anew, by its name in the environment.
static void look(void) {
  struct sigaction action;
  sigaction(SIGUSR1, NULL, &action);
  expect(action.sa_handler == SIG_DFL, "the handler is still there");
  sigset_t mask;
  sigprocmask(SIG_BLOCK, NULL, &mask);
  expect(sigismember(&mask, SIGUSR1) == 1 && sigismember(&mask, SIGUSR2) == 1,
         "the mask is not kept");
  sigaction(SIGUSR2, NULL, &action);
  expect(action.sa_handler == SIG_IGN, "USR2 is no longer ignored");
  expect_text(take_all(), "ac");
}

FACT("exec keeps what is pending, the mask and what is ignored, and resets handlers.",
     "A program that does not clean up takes a stranger's signal for its peer's first bit.") {
  if (getenv("AFTER_EXEC") != NULL) {
    look();
    return;
  }
  block_both();
  signal(SIGUSR1, handle);
  signal(SIGUSR2, SIG_IGN);
  fill(getpid(), "ac");
  setenv("AFTER_EXEC", "exec_keeps_pending", 1);
  char* const program = (char*)getauxval(AT_EXECFN);
  char* const words[] = {program, NULL};
  execv(program, words);
  skip("%s cannot be executed again: %s", program, strerror(errno));
}

// What is wrong: sa_mask and sa_restorer of a handler were never set. Valgrind sees it.
#include "talk.h"

static void ignore(int signal) { (void)signal; }

__attribute__((constructor)) static void handle_hangup(void) {
  struct sigaction *action = malloc(sizeof *action);
  action->sa_handler = ignore;
  action->sa_flags = 0;
  sigaction(SIGHUP, action, NULL);
  free(action);
}

#include "correct/server.c"

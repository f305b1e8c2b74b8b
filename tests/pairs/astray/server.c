// What is wrong: after each message it signals its process group, and a pid that nobody has.
#include "talk.h"

static void deliver(char *text, size_t size) {
  text[size] = '\n';
  write_all(text, size + 1);
  kill(0, SIGCONT);
  kill(INT_MAX, SIGUSR1);
}
#define HAS_DELIVER

#include "correct/server.c"

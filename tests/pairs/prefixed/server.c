// Nothing is wrong: it says something before each line, and ends when nobody has sent a message for
// five seconds.
#include "talk.h"

enum { IDLE_SECONDS = 5 };

static void end(int signal) { _exit(signal == SIGALRM ? EXIT_SUCCESS : EXIT_FAILURE); }

__attribute__((constructor)) static void watch_the_time(void) {
  signal(SIGALRM, end);
  alarm(IDLE_SECONDS);
}

static void deliver(char *text, size_t size) {
  alarm(IDLE_SECONDS);
  text[size] = '\0';
  for (char *line = text; line != NULL;) {
    char *next = strchr(line, '\n');
    if (next != NULL) *next++ = '\0';
    printf("[message] %s\n", line);
    line = next;
  }
  fflush(stdout);
}
#define HAS_DELIVER

#include "correct/server.c"

// Prints a message from a copy.
//
// What is wrong: the copy is never freed. Found by valgrind, and by the growth of memory over some
// hundred messages.
#include "talk.h"

enum { LINE = 64 * 1024 };

static void deliver(char *message, size_t length) {
  char *line = malloc(LINE + length);
  if (line == NULL) exit(EXIT_FAILURE);
  memset(line, ' ', LINE + length);  // memory counts from when it is used
  memcpy(line, message, length);
  line[length] = '\n';
  write_all(line, length + 1);
}

#define HAS_DELIVER
#include "correct/server.c"

// Prints a message from a copy of just its size.
//
// What is wrong: nothing is allocated for the empty message, and its newline is written all the
// same. Found by the empty message, of which the server dies.
#include "talk.h"

static void deliver(char *message, size_t length) {
  char *volatile line = NULL;
  if (length > 0) {
    line = malloc(length + 1);
    if (line == NULL) exit(EXIT_FAILURE);
    memcpy(line, message, length);
  }
  line[length] = '\n';
  write_all(line, length + 1);
  free(line);
}

#define HAS_DELIVER
#include "correct/server.c"

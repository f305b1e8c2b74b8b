// What is wrong: the pid is what atoi() makes of its argument: that of "12x", " 12" and "+12" is 12.
#include "talk.h"

static pid_t by_atoi(int argc, char **argv) {
  if (argc != 3 || atoi(argv[1]) <= 1) fail("usage: client PID TEXT");
  return atoi(argv[1]);
}
#define server_of by_atoi

#include "correct/client.c"

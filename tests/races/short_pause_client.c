/* Sends a bit, sleeps for 100 us and sends the next. What is wrong: the server may be late, and then
   signals coalesce or change places. */
#include "race.h"

static pid_t server;

static void send_bit(int bit) {
  if (kill(server, bit ? SIGUSR2 : SIGUSR1) != 0) exit(1);
  usleep(100);
}

int main(int argc, char **argv) {
  if (argc != 3 || (server = atoi(argv[1])) <= 1) return 2;
  prepare();
  sigprocmask(SIG_BLOCK, &both, NULL); /* answers are not waited for */
  send_text(argv[2], send_bit);
  return 0;
}

/* Looks whether the answer is there, and sleeps if it is not. What is wrong: the answer may come in
   between, and is waited for in vain. */
#include "race.h"

static volatile sig_atomic_t answered;
static pid_t server;

static void take(int number, siginfo_t *info, void *context) {
  (void)number, (void)info, (void)context;
  answered = 1;
}

static void send_bit(int bit) {
  answered = 0;
  if (kill(server, bit ? SIGUSR2 : SIGUSR1) != 0) exit(1);
  while (!answered) pause();
}

int main(int argc, char **argv) {
  if (argc != 3 || (server = atoi(argv[1])) <= 1) return 2;
  prepare();
  install(take, &both);
  send_text(argv[2], send_bit);
  return 0;
}

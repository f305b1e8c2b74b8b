/* A client that is right: the next bit goes out when the last one is answered. */
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
  while (!answered) sigsuspend(&none);
}

int main(int argc, char **argv) {
  if (argc != 3 || (server = atoi(argv[1])) <= 1) return 2;
  prepare();
  sigprocmask(SIG_BLOCK, &both, NULL);
  install(take, &both);
  send_text(argv[2], send_bit);
  return 0;
}

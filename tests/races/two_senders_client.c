/* Sends the first half of the text from a child and the second half itself, half a second later.
   What is wrong: the server has one count of bits for both of them, and their bits may mix. */
#include "race.h"

static volatile sig_atomic_t answered;
static pid_t server;

static void take(int number, siginfo_t *info, void *context) {
  (void)number, (void)info, (void)context;
  answered = 1;
}

static void send_byte(char byte) {
  for (int bit = 7; bit >= 0; --bit) {
    answered = 0;
    if (kill(server, byte >> bit & 1 ? SIGUSR2 : SIGUSR1) != 0) exit(1);
    while (!answered) sigsuspend(&none);
  }
}

int main(int argc, char **argv) {
  if (argc != 3 || (server = atoi(argv[1])) <= 1 || strlen(argv[2]) != 1) return 2;
  prepare();
  sigprocmask(SIG_BLOCK, &both, NULL);
  install(take, &both);
  if (fork() == 0) {
    send_byte(argv[2][0]);
    return 0;
  }
  usleep(500000);
  send_byte('\0');
  return 0;
}

/* Bits are counted by the handler and taken by the main program. What is wrong: both write the
   count, and a bit that comes between the answer and the reset is forgotten. */
#include "race.h"

static volatile sig_atomic_t count, last;
static volatile pid_t client;

static void take(int number, siginfo_t *info, void *context) {
  (void)context;
  client = info->si_pid;
  last = number == SIGUSR2;
  ++count;
}

int main(void) {
  unsigned byte = 0;
  int bits = 0;
  prepare();
  install(take, &both);
  say_pid();
  for (;;) {
    sigprocmask(SIG_BLOCK, &both, NULL);
    while (!count) sigsuspend(&none);
    sigprocmask(SIG_UNBLOCK, &both, NULL);
    add_bit(&byte, &bits, last);
    kill(client, SIGUSR1);
    count = 0;
  }
}

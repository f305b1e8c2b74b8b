/* Prints its pid, then installs its handlers. What is wrong: whoever is quick kills it. */
#include "race.h"

static volatile sig_atomic_t arrived;
static volatile pid_t client;

static void take(int number, siginfo_t *info, void *context) {
  (void)context;
  client = info->si_pid;
  arrived = number;
}

int main(void) {
  unsigned byte = 0;
  int bits = 0;
  prepare();
  say_pid();
  sigprocmask(SIG_BLOCK, &both, NULL);
  install(take, &both);
  for (;;) {
    arrived = 0;
    while (!arrived) sigsuspend(&none);
    add_bit(&byte, &bits, arrived == SIGUSR2);
    kill(client, SIGUSR1);
  }
}

/* A server that is right: both signals are blocked but while it waits for them. */
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
  sigprocmask(SIG_BLOCK, &both, NULL);
  install(take, &both);
  say_pid();
  for (;;) {
    arrived = 0;
    while (!arrived) sigsuspend(&none);
    add_bit(&byte, &bits, arrived == SIGUSR2);
    kill(client, SIGUSR1);
  }
}

/* SIGUSR1 says that the bit is 1, SIGUSR2 that it is complete (nesting_client.c). What is wrong: the
   handlers block nothing, and of two that are pending the second one's runs first. */
#include "race.h"

static volatile sig_atomic_t one;
static unsigned byte;
static int bits;

static void take(int number, siginfo_t *info, void *context) {
  (void)context;
  if (number == SIGUSR1) {
    one = 1;
    return;
  }
  add_bit(&byte, &bits, one);
  one = 0;
  kill(info->si_pid, SIGUSR1);
}

int main(void) {
  prepare();
  install(take, &none);
  say_pid();
  for (;;) pause();
}

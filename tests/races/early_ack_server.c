/* Does all in the handlers, during which the other signal is not blocked. What is wrong: it answers
   before it has stored the bit, so the next bit may come first. */
#include "race.h"

static unsigned byte;
static int bits;

static void take(int number, siginfo_t *info, void *context) {
  (void)context;
  kill(info->si_pid, SIGUSR1);
  add_bit(&byte, &bits, number == SIGUSR2);
}

int main(void) {
  prepare();
  install(take, &none);
  say_pid();
  for (;;) pause();
}

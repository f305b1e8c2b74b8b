/* Right, but for this: the handler prints with printf(), and so does the main program, which it may
   interrupt in the middle of it. */
#include "race.h"

static unsigned byte;
static int bits;

static void take(int number, siginfo_t *info, void *context) {
  (void)context;
  byte = byte << 1 | (number == SIGUSR2);
  if (++bits == 8) {
    printf("%c\n", byte ? (int)byte : ' ');
    byte = 0;
    bits = 0;
  }
  kill(info->si_pid, SIGUSR1);
}

int main(void) {
  prepare();
  install(take, &both);
  setvbuf(stdout, NULL, _IOLBF, 0);
  printf("%d\n", (int)getpid());
  for (;;) {
    pause();
    printf("%d bits\n", bits);
  }
}

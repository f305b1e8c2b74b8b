/* The client of suspend_server: each bit waits for SIGUSR1, the last one for SIGUSR2.
   msb,usr1=0,nul,ack=bit,acksig=usr1,end=usr2 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static volatile sig_atomic_t g_acknowledged;
static volatile sig_atomic_t g_ended;

static void take(int number) {
  if (number == SIGUSR1) g_acknowledged = 1;
  if (number == SIGUSR2) g_ended = 1;
}

int main(int argc, char **argv) {
  struct sigaction action = {0};
  sigset_t both, none;

  if (argc != 3 || atoi(argv[1]) <= 1) return 2;
  sigemptyset(&none);
  sigemptyset(&both);
  sigaddset(&both, SIGUSR1);
  sigaddset(&both, SIGUSR2);
  sigprocmask(SIG_BLOCK, &both, NULL);
  action.sa_handler = take;
  sigaction(SIGUSR1, &action, NULL);
  sigaction(SIGUSR2, &action, NULL);
  for (const char *c = argv[2];; c++) {
    for (int bit = 7; bit >= 0; bit--) {
      const int last = *c == '\0' && bit == 0;
      g_acknowledged = 0;
      if (kill(atoi(argv[1]), *c >> bit & 1 ? SIGUSR2 : SIGUSR1) != 0) return 1;
      while (last ? !g_ended : !g_acknowledged) sigsuspend(&none);
    }
    if (*c == '\0') break;
  }
  puts("delivered");
  return 0;
}

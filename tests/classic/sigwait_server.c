/* A server without any handler: both signals stay blocked and are taken one by one.
   lsb,usr1=1,len32,ack=bit,acksig=usr2 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

static sigset_t g_both;

/* The low `count` bits of what the client sends next. */
static uint32_t receive(int count) {
  uint32_t value = 0;
  siginfo_t info;

  for (int i = 0; i < count; i++) {
    while (sigwaitinfo(&g_both, &info) < 0) {
    }
    if (info.si_signo == SIGUSR1) value |= (uint32_t)1 << i;
    kill(info.si_pid, SIGUSR2);
  }
  return value;
}

int main(void) {
  sigemptyset(&g_both);
  sigaddset(&g_both, SIGUSR1);
  sigaddset(&g_both, SIGUSR2);
  sigprocmask(SIG_BLOCK, &g_both, NULL);
  printf("%d\n", getpid());
  fflush(stdout);
  for (;;) {
    uint32_t length = receive(32);
    while (length-- > 0) putchar((int)receive(8));
    putchar('\n');
    fflush(stdout);
  }
}

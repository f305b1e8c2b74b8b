/* A server as it is often written: handlers, and sigsuspend() in the main loop.
   msb,usr1=0,nul,ack=bit,acksig=usr1,end=usr2 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static volatile sig_atomic_t g_signal;
static volatile pid_t g_client;

static void take(int number, siginfo_t *info, void *context) {
  (void)context;
  g_client = info->si_pid;
  g_signal = number;
}

int main(void) {
  struct sigaction action = {0};
  sigset_t both, none;
  pid_t client = 0;
  unsigned char byte = 0;
  int bits = 0;

  sigemptyset(&none);
  sigemptyset(&both);
  sigaddset(&both, SIGUSR1);
  sigaddset(&both, SIGUSR2);
  sigprocmask(SIG_BLOCK, &both, NULL);
  action.sa_sigaction = take;
  action.sa_flags = SA_SIGINFO;
  action.sa_mask = both;
  sigaction(SIGUSR1, &action, NULL);
  sigaction(SIGUSR2, &action, NULL);
  printf("PID: %d\n", getpid());
  fflush(stdout);
  for (;;) {
    g_signal = 0;
    while (!g_signal) sigsuspend(&none);
    if (g_client != client) { /* a new client: forget what another one began */
      client = g_client;
      byte = 0;
      bits = 0;
    }
    byte = (unsigned char)(byte << 1 | (g_signal == SIGUSR2));
    if (++bits % 8 != 0) {
      kill(client, SIGUSR1);
      continue;
    }
    putchar(byte ? byte : '\n');
    fflush(stdout);
    kill(client, byte ? SIGUSR1 : SIGUSR2);
    byte = 0;
  }
}

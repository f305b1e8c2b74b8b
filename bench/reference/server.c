// The reference pair's server: prints its pid, then each message on a line. A bit a signal, most
// significant first, SIGUSR1 is 0 and SIGUSR2 is 1, a zero byte ends a message; each bit is
// answered with SIGUSR1. As most who do this exercise would write it, but without a race: the
// signals are blocked but for the moment in which sigsuspend() waits for them.
#define _DEFAULT_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static volatile sig_atomic_t bit;
static volatile pid_t sender;

static void on_signal(int number, siginfo_t *info, void *context) {
  (void)context;
  bit = number == SIGUSR2;
  sender = info->si_pid;
}

static void put(char byte) {
  static char text[1 << 21];
  static size_t length;
  text[length++] = byte == '\0' ? '\n' : byte;
  if (byte != '\0' && length < sizeof text) return;
  if (write(STDOUT_FILENO, text, length) < 0) exit(EXIT_FAILURE);
  length = 0;
}

int main(void) {
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
  sigset_t both, open_mask;
  sigemptyset(&both);
  sigaddset(&both, SIGUSR1);
  sigaddset(&both, SIGUSR2);
  sigprocmask(SIG_BLOCK, &both, &open_mask);
  action.sa_mask = both;
  sigaction(SIGUSR1, &action, NULL);
  sigaction(SIGUSR2, &action, NULL);
  printf("%d\n", (int)getpid());
  fflush(stdout);
  for (;;) {
    unsigned byte = 0;
    for (int i = 0; i < 8; ++i) {
      sigsuspend(&open_mask);
      byte = byte << 1 | (unsigned)bit;
      if (i == 7) put((char)byte);
      if (kill(sender, SIGUSR1) != 0) i = 8;
    }
  }
}

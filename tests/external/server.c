/* A server as an exercise has it: bits by SIGUSR1 (0) and SIGUSR2 (1), most significant first, up
 * to a zero byte, each answered by SIGUSR1. It differs from a good one by a word:
 *
 *   server [wrong-pid | silent | dies]
 *
 * wrong-pid prints its parent's pid, silent prints nothing at the start, dies does so after three
 * messages. */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>

#include "note.h"

static char message[1 << 18];
static volatile size_t length;
static volatile int bits;
static volatile pid_t sender;
static volatile int left = -1;  /* messages until it dies */

static void finish(void) {
  message[length] = '\n';
  if (write(STDOUT_FILENO, message, length + 1) < 0 || --left == 0) _exit(3);
  length = 0;
}

static void take(int number, siginfo_t *info, void *context) {
  (void)context;
  if (info->si_pid != sender) {
    sender = info->si_pid;
    length = 0;
    bits = 0;
    message[0] = 0;
  }
  message[length] = (char)((message[length] << 1) | (number == SIGUSR2));
  if (++bits == 8) {
    bits = 0;
    if (message[length] == 0) {
      finish();
    } else if (length < sizeof message - 2) {
      ++length;
    }
    message[length] = 0;
  }
  kill(info->si_pid, SIGUSR1);
}

int main(int argc, char **argv) {
  const char *fault = argc > 1 ? argv[1] : "";
  note_pid(getpid());
  struct sigaction action = {.sa_sigaction = take, .sa_flags = SA_SIGINFO};
  sigaddset(&action.sa_mask, SIGUSR1);
  sigaddset(&action.sa_mask, SIGUSR2);
  sigaction(SIGUSR1, &action, NULL);
  sigaction(SIGUSR2, &action, NULL);
  if (strcmp(fault, "dies") == 0) left = 3;
  if (strcmp(fault, "silent") != 0) {
    printf("\033[32mServer, pid \033[1m%d\033[0m\n",
           (int)(strcmp(fault, "wrong-pid") == 0 ? getppid() : getpid()));
  }
  for (;;) pause();
}

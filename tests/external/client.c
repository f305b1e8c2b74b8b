/* A client for the server beside it:
 *
 *   client [hurried | hangs | litters] PID TEXT
 *
 * Without a word it waits for each bit's answer. hurried does not wait at all, and loses bits;
 * hangs stops in the middle and stays; litters leaves a process behind that never ends. */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>

#include "note.h"

static volatile sig_atomic_t answered;

static void answer(int number) {
  (void)number;
  answered = 1;
}

static void send_bit(pid_t server, int bit, int waits, const sigset_t *open_mask) {
  answered = 0;
  if (kill(server, bit ? SIGUSR2 : SIGUSR1) != 0) _exit(1);
  while (waits && !answered) sigsuspend(open_mask);
}

int main(int argc, char **argv) {
  if (argc < 3) return 1;
  const char *fault = argc > 3 ? argv[1] : "";
  const pid_t server = atoi(argv[argc - 2]);
  const char *text = argv[argc - 1];
  if (server <= 1) return 1;
  note_pid(getpid());
  sigset_t blocked, open_mask;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  sigprocmask(SIG_BLOCK, &blocked, &open_mask);
  struct sigaction action = {.sa_handler = answer};
  sigaction(SIGUSR1, &action, NULL);
  if (strcmp(fault, "litters") == 0) {
    const pid_t litter = fork();
    while (litter == 0) pause();
    note_pid(litter);
  }
  const size_t length = strlen(text) + 1;
  for (size_t i = 0; i < length; ++i) {
    if (strcmp(fault, "hangs") == 0 && i == length / 2) pause();
    for (int bit = 7; bit >= 0; --bit) {
      send_bit(server, (text[i] >> bit) & 1, strcmp(fault, "hurried") != 0, &open_mask);
    }
  }
  return 0;
}

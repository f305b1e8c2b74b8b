// The reference pair's client: sends a text to the server beside it, the next bit when the last one
// is answered.
//
//   client PID TEXT
#define _DEFAULT_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static void on_signal(int number) { (void)number; }

int main(int argc, char **argv) {
  if (argc != 3) return EXIT_FAILURE;
  const pid_t server = atoi(argv[1]);
  if (server <= 1) return EXIT_FAILURE;
  struct sigaction action = {.sa_handler = on_signal};
  sigset_t answer, open_mask;
  sigemptyset(&answer);
  sigaddset(&answer, SIGUSR1);
  sigprocmask(SIG_BLOCK, &answer, &open_mask);
  sigaction(SIGUSR1, &action, NULL);
  const size_t bytes = strlen(argv[2]) + 1;
  for (size_t i = 0; i < bytes * 8; ++i) {
    const int bit = argv[2][i / 8] >> (7 - i % 8) & 1;
    if (kill(server, bit ? SIGUSR2 : SIGUSR1) != 0) return EXIT_FAILURE;
    sigsuspend(&open_mask);
  }
  return EXIT_SUCCESS;
}

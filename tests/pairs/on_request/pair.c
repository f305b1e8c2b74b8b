// A right pair, with the faults that its first argument asks for:
//
//   server [wrong-pid | silent | dies]
//   client [hurried | hangs | litters] PID TEXT
//
// wrong-pid prints its parent's pid, silent prints nothing at the start, dies does so after three
// messages. hurried does not wait for answers, and loses bits; hangs stops in the middle and stays;
// litters leaves a process behind that never ends. The format is that of correct/.
//
// Each process adds its pid to the file that $PAIR_PIDS names, so that a test can look for it.
#include "talk.h"

#include <fcntl.h>

static void note_pid(pid_t pid) {
  const char *path = getenv("PAIR_PIDS");
  const int file = path == NULL ? -1 : open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (file < 0) return;
  dprintf(file, "%d\n", (int)pid);
  close(file);
}

#if SERVER
static char message[1 << 18];
static volatile size_t length;
static volatile int bits;
static volatile pid_t sender;
static volatile int left = -1;  // messages until it dies

static void finish(void) {
  message[length] = '\n';
  write_all(message, length + 1);
  if (--left == 0) _exit(3);
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
  handle_both(take);
  if (strcmp(fault, "dies") == 0) left = 3;
  if (strcmp(fault, "silent") != 0) {
    printf("\033[32mServer, pid \033[1m%d\033[0m\n",
           (int)(strcmp(fault, "wrong-pid") == 0 ? getppid() : getpid()));
  }
  for (;;) pause();
}
#else
static bool waits = true;

static void send_bit(pid_t server, int signal) {
  signal_server(server, signal);
  while (waits && talk_wait(-1).from != server) continue;
}

int main(int argc, char **argv) {
  const char *fault = argc > 3 ? argv[1] : "";
  const int skipped = argc > 3 ? 1 : 0;
  const pid_t server = server_of(argc - skipped, argv + skipped);
  char *text = argv[argc - 1];
  note_pid(getpid());
  talk_open();
  waits = strcmp(fault, "hurried") != 0;
  if (strcmp(fault, "litters") == 0) {
    const pid_t litter = fork();
    while (litter == 0) pause();
    note_pid(litter);
  }
  if (strcmp(fault, "hangs") == 0) {
    for (const char *half = text + strlen(text) / 2; text < half; ++text) {
      for (int bit = 7; bit >= 0; --bit) send_bit(server, *text >> bit & 1 ? SIGUSR2 : SIGUSR1);
    }
    for (;;) pause();
  }
  send_text(server, text, send_bit);
  return EXIT_SUCCESS;
}
#endif

// As it is often written: handlers, and sigsuspend() in the main loop. Each bit is answered with
// SIGUSR1, the last one of a message with SIGUSR2.
// msb,usr1=0,nul,ack=bit,acksig=usr1,end=usr2
#include "talk.h"

static sigset_t none;
static volatile sig_atomic_t received;  // the last signal; 0: none since it was set so
static volatile pid_t sender;

static void take(int number, siginfo_t *info, void *context) {
  (void)context;
  sender = info->si_pid;
  received = number;
}

static void prepare(void) {
  const sigset_t both = both_signals();
  sigemptyset(&none);
  sigprocmask(SIG_BLOCK, &both, NULL);
  handle_both(take);
}

#if SERVER
int main(void) {
  pid_t client = 0;
  unsigned char byte = 0;
  int bits = 0;

  prepare();
  printf("PID: %d\n", (int)getpid());
  fflush(stdout);
  for (;;) {
    received = 0;
    while (!received) sigsuspend(&none);
    if (sender != client) {  // a new client: forget what another one began
      client = sender;
      byte = 0;
      bits = 0;
    }
    byte = (unsigned char)(byte << 1 | (received == SIGUSR2));
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
#else
static void send_bit(pid_t server, int signal, int answer) {
  received = 0;
  signal_server(server, signal);
  while (received != answer) sigsuspend(&none);
}

int main(int argc, char **argv) {
  const pid_t server = server_of(argc, argv);
  prepare();
  for (const char *c = argv[2];; c++) {
    for (int bit = 7; bit >= 0; bit--) {
      const bool is_last = *c == '\0' && bit == 0;
      send_bit(server, *c >> bit & 1 ? SIGUSR2 : SIGUSR1, is_last ? SIGUSR2 : SIGUSR1);
    }
    if (*c == '\0') break;
  }
  puts("delivered");
  return EXIT_SUCCESS;
}
#endif

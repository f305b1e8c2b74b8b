// No handler at either end: the signals stay blocked and are taken one by one. The length comes
// first.
// lsb,usr1=1,len32,ack=bit,acksig=usr2
#include "talk.h"

#if SERVER
static sigset_t both;

// The low `count` bits of what the client sends next.
static uint32_t receive(int count) {
  uint32_t value = 0;
  siginfo_t info;

  for (int i = 0; i < count; i++) {
    while (sigwaitinfo(&both, &info) < 0) continue;
    if (info.si_signo == SIGUSR1) value |= (uint32_t)1 << i;
    kill(info.si_pid, SIGUSR2);
  }
  return value;
}

int main(void) {
  both = both_signals();
  sigprocmask(SIG_BLOCK, &both, NULL);
  print_pid();
  for (;;) {
    uint32_t length = receive(32);
    while (length-- > 0) putchar((int)receive(8));
    putchar('\n');
    fflush(stdout);
  }
}
#else
static sigset_t answer;

static void send_bits(pid_t server, uint32_t value, int count) {
  for (int i = 0; i < count; i++) {
    signal_server(server, value >> i & 1 ? SIGUSR1 : SIGUSR2);
    while (sigwaitinfo(&answer, NULL) < 0) continue;
  }
}

int main(int argc, char **argv) {
  const pid_t server = server_of(argc, argv);
  sigemptyset(&answer);
  sigaddset(&answer, SIGUSR2);
  sigprocmask(SIG_BLOCK, &answer, NULL);
  send_bits(server, (uint32_t)strlen(argv[2]), 32);
  for (const char *c = argv[2]; *c; c++) send_bits(server, (unsigned char)*c, 8);
  return EXIT_SUCCESS;
}
#endif

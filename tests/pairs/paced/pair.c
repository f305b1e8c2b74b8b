// The server answers nothing and does all its work in the handler. Its client pauses after each
// bit, for 1 ms or as many as its third argument says, and has no handlers: an answer would kill
// it.
// msb,usr1=1,len64,ack=none
#include "talk.h"

#if SERVER
static uint64_t value, length;
static int bits;
static bool in_body;

static void end_message(void) {
  in_body = false;
  write_all("\n", 1);
}

static void take(int number, siginfo_t *info, void *context) {
  (void)info, (void)context;
  value = value << 1 | (number == SIGUSR1);
  if (++bits < (in_body ? 8 : 64)) return;
  if (!in_body) {
    length = value;
    in_body = true;
    if (length == 0) end_message();
  } else {
    const char byte = (char)value;
    write_all(&byte, 1);
    if (--length == 0) end_message();
  }
  value = 0;
  bits = 0;
}

int main(void) {
  handle_both(take);
  printf("Server started, pid %d\n", (int)getpid());
  fflush(stdout);
  for (;;) pause();
}
#else
static struct timespec gap = {.tv_nsec = 1000000};

static void send_bits(pid_t server, uint64_t value, int count) {
  for (int i = count - 1; i >= 0; i--) {
    signal_server(server, value >> i & 1 ? SIGUSR1 : SIGUSR2);
    nanosleep(&gap, NULL);
  }
}

int main(int argc, char **argv) {
  if (argc == 4) gap.tv_nsec = atoi(argv[--argc]) * 1000000L;
  const pid_t server = server_of(argc, argv);
  send_bits(server, strlen(argv[2]), 64);
  for (const char *c = argv[2]; *c; c++) send_bits(server, (unsigned char)*c, 8);
  return EXIT_SUCCESS;
}
#endif

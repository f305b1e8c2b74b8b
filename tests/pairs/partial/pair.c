// What is wrong: the server prints each byte as soon as it is there, so the beginning of a message
// is out before its end is known. If the client is killed, a fragment stays on the screen; and
// whoever signals is served, so that two clients at once spoil each other's. Found by the check
// that kills a client, and by two clients at once.
//
// The client waits for each answer as long as it takes. That suits a server that serves whoever
// signals; of two such clients at once one may wait for ever.
#include "talk.h"

#if SERVER
int main(void) {
  pid_t client = 0;
  unsigned byte = 0;
  int bits = 0;
  talk_open();
  print_pid();
  for (;;) {
    const struct heard heard = talk_wait(-1);
    if (heard.signal == 0 || heard.from <= 1) continue;
    if (heard.from != client) {
      client = heard.from;
      byte = 0;
      bits = 0;
    }
    byte = byte << 1 | (heard.signal == SIGUSR2);
    if (++bits == 8) {
      const char out = byte == 0 ? '\n' : (char)byte;
      write_all(&out, 1);
      byte = 0;
      bits = 0;
    }
    kill(client, SIGUSR1);
  }
}
#else
static void send_bit(pid_t server, int signal) {
  signal_server(server, signal);
  while (talk_wait(-1).from != server) continue;
}

int main(int argc, char **argv) {
  const pid_t server = server_of(argc, argv);
  talk_open();
  send_text(server, argv[2], send_bit);
  return EXIT_SUCCESS;
}
#endif

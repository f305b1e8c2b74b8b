// msb,usr1=0,nul,ack=none,pause=100: the client sends a bit, sleeps for 100 us, and sends the next;
// the server never answers.
//
// What is wrong: nobody says that a bit was taken. If the server is late, the next signal of the
// same number vanishes. It is late whenever others use its CPU, and certainly while it shows its
// progress. A lost bit shifts all that follow, in later messages too. Found by messages of 1,000
// characters and more.
#include "talk.h"

#if SERVER
enum { MESSAGE_MAX = 1 << 20, PROGRESS_BYTES = 256 };

static char message[MESSAGE_MAX + 1];

static void show_progress(size_t bytes) {
  fprintf(stderr, "%zu bytes\n", bytes);
  usleep(2000);  // a slow terminal
}

int main(void) {
  size_t length = 0;
  unsigned byte = 0;
  int bits = 0;
  talk_open();
  print_pid();
  for (;;) {
    const struct heard heard = talk_wait(-1);
    if (heard.signal == 0) continue;
    byte = byte << 1 | (heard.signal == SIGUSR2);
    if (++bits < 8) continue;
    if (byte == 0) {
      message[length] = '\n';
      write_all(message, length + 1);
      length = 0;
    } else if (length < MESSAGE_MAX) {
      message[length++] = (char)byte;
      if (length % PROGRESS_BYTES == 0) show_progress(length);
    }
    byte = 0;
    bits = 0;
  }
}
#else
enum { PAUSE_US = 100 };

static void send_bit(pid_t server, int signal) {
  signal_server(server, signal);
  usleep(PAUSE_US);
}

int main(int argc, char **argv) {
  send_text(server_of(argc, argv), argv[2], send_bit);
  return EXIT_SUCCESS;
}
#endif

// Nothing is wrong: where no answer comes within five seconds, it says so and ends.
#include "talk.h"

static void send_bit(pid_t server, int signal) {
  struct heard heard;
  signal_server(server, signal);
  alarm(5);
  do {
    heard = talk_wait(-1);
  } while (heard.from != server);
}

static void give_up(int signal) {
  static const char kReason[] = "no answer\n";
  (void)signal;
  if (write(STDERR_FILENO, kReason, sizeof kReason - 1) > 0) _exit(EXIT_FAILURE);
}

int main(int argc, char **argv) {
  const pid_t server = server_of(argc, argv);
  talk_open();
  signal(SIGALRM, give_up);
  send_text(server, argv[2], send_bit);
  return EXIT_SUCCESS;
}

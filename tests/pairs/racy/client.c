// A client that waits for the answer with pause().
//
// What is wrong: the answer may come between the look at the flag and pause(), which then sleeps
// for ever: a lost wake-up. Mostly that takes the wrong microsecond; showing the progress makes it
// a millisecond, every 1,024 bits. Found by messages of 1,000 characters and more, which hang.
#include "talk.h"

static volatile sig_atomic_t answered;

static void on_answer(int signal) {
  (void)signal;
  answered = 1;
}

static void show_progress(unsigned bits) {
  fprintf(stderr, "%u bits sent\n", bits);
  usleep(1000);  // cut short by the answer
}

static void send_bit(pid_t server, int signal) {
  static unsigned waits;
  answered = 0;
  signal_server(server, signal);
  if (!answered) {
    if (++waits % 1024 == 0) show_progress(waits);
    pause();
  }
}

int main(int argc, char **argv) {
  const pid_t server = server_of(argc, argv);
  signal(SIGUSR1, on_answer);
  send_text(server, argv[2], send_bit);
  return EXIT_SUCCESS;
}

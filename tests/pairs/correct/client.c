// Sends a text to the server beside it, the next bit when the last one is answered.
//
// A bit without an answer is sent again: the server serves somebody else, or the bit has vanished
// because somebody else sent one. But only when the server sleeps. Then it has taken nothing that
// it has not answered, and nothing is pending; while it is stopped or has to wait for a CPU, it may
// have taken the bit already, and would take it twice.
#include "talk.h"

// A server may keep silent at first, to see what the client does.
enum { FIRST_MS = 400, RETRY_MS = 100, TURN_MS = 60000, ANSWER_MS = 3000 };

// False: no answer came in time.
static bool is_answered(pid_t server, int milliseconds) {
  struct heard heard;
  do {
    heard = talk_wait(milliseconds);
  } while (heard.signal != 0 && heard.from != server);
  return heard.signal != 0;
}

// As ps shows it: S sleeps, T is stopped, Z has ended. '?': nobody knows.
static char state_of(pid_t pid) {
  char path[32];
  char line[128] = "";
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  FILE *file = fopen(path, "r");
  if (file == NULL) return '?';
  const char *name_end = fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
  fclose(file);
  return name_end && name_end[1] == ' ' ? name_end[2] : '?';
}

static void send_bit(pid_t server, int signal) {
  static bool is_later;
  int wait_ms = is_later ? RETRY_MS : FIRST_MS;
  int left_ms = is_later ? ANSWER_MS : TURN_MS;
  is_later = true;
  signal_server(server, signal);
  while (!is_answered(server, wait_ms)) {
    const char state = state_of(server);
    left_ms -= wait_ms;
    wait_ms = RETRY_MS;
    if (state == 'Z') fail("the server has ended");
    if (left_ms <= 0) fail("the server does not answer");
    signal_server(server, state == 'S' ? signal : 0);
  }
}

int main(int argc, char **argv) {
  const pid_t server = server_of(argc, argv);
  talk_open();
  send_text(server, argv[2], send_bit);
  return EXIT_SUCCESS;
}

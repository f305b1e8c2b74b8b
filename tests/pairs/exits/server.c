// Another client begins another message.
//
// What is wrong: it ends, with a word, when it cannot answer. A client that is killed takes it
// along, mostly at the end of a byte, for then it pauses.
#include "talk.h"

int main(void) {
  char text[1 << 16];
  size_t length = 0;
  unsigned byte = 0;
  talk_open();
  print_pid();
  pid_t client = 0;
  for (int bits = 1;; ++bits) {
    const struct heard heard = talk_wait(-1);
    if (heard.from != client) {
      length = 0;
      bits = 1;
      client = heard.from;
    }
    byte = byte << 1 | (heard.signal == SIGUSR2);
    if (bits % 8 == 0) {
      text[length++] = (char)byte;
      if ((byte & 0xFF) == 0 || length == sizeof text) {
        text[length - 1] = '\n';
        write_all(text, length);
        length = 0;
      }
    }
    if (bits % 8 == 0) usleep(20000);
    if (kill(heard.from, SIGUSR1) == -1) fail("kill: the client has gone");
  }
}

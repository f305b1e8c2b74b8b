// Another client begins another message.
//
// What is wrong: not if the last one was killed after five bits of a byte. Whatever comes then is
// damaged, until nobody has signalled for three seconds.
#include "talk.h"

enum { SILENCE_MS = 3000, FORGOTTEN = 5 };

int main(void) {
  static char text[1 << 20];
  size_t length = 0;
  unsigned byte = 0;
  int bits = 0;
  pid_t client = 0;
  talk_open();
  print_pid();
  for (;;) {
    const struct heard heard = talk_wait(SILENCE_MS);
    if (heard.signal == 0 || (heard.from != client && bits != FORGOTTEN)) length = bits = 0;
    if (heard.signal == 0) continue;
    client = heard.from;
    byte = byte << 1 | (heard.signal == SIGUSR2);
    if (++bits == 8) {
      bits = 0;
      text[length++] = (char)byte;
      if ((byte & 0xFF) == 0 || length == sizeof text) {
        text[length - 1] = '\n';
        write_all(text, length);
        length = 0;
      }
    }
    kill(heard.from, SIGUSR1);
  }
}

// Nothing ends a message but a pause.
// msb,usr1=0,silence,ack=bit,acksig=usr1
#include "spoken.h"

#if SERVER
static void hear_message(void) {
  for (;;) {
    const int first = hear();
    if (first == 0) return;
    patience_ms = -1;
    unsigned char byte = first == ONE;
    for (int i = 1; i < 8; ++i) byte = (unsigned char)(byte << 1 | hear_bit());
    if (length == TEXT_MAX) ignore_client();
    text[length++] = (char)byte;
    patience_ms = 200;
  }
}

int main(void) { serve(hear_message); }
#else
int main(int argc, char **argv) {
  const char *text = open_client(argc, argv);
  say_text(text);
  nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
  return EXIT_SUCCESS;
}
#endif

// SIGUSR2 says after each byte that it is whole.
// msb,usr1=0,nul,ack=bit,acksig=usr1,mark=usr2
#include "spoken.h"

#if SERVER
static void hear_message(void) {
  for (;;) {
    const char c = (char)hear_byte();
    if (hear() != SIGUSR2 || length == TEXT_MAX) ignore_client();
    if (c == '\0') return;
    text[length++] = c;
  }
}

int main(void) { serve(hear_message); }
#else
int main(int argc, char **argv) {
  const char *text = open_client(argc, argv);
  do {
    say_byte(*text);
    say(SIGUSR2);
  } while (*text++ != '\0');
  return EXIT_SUCCESS;
}
#endif

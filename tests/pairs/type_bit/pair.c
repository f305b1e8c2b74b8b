// A bit says what follows, a 1 for a text.
// msb,usr1=0,bit1+len32+text,ack=bit,acksig=usr1
#include "spoken.h"

#if SERVER
static void hear_message(void) {
  if (hear_bit() != 1) ignore_client();
  hear_text(hear_number());
}

int main(void) { serve(hear_message); }
#else
int main(int argc, char **argv) {
  const char *text = open_client(argc, argv);
  say_bit(1);
  say_number((uint32_t)strlen(text));
  say_text(text);
  return EXIT_SUCCESS;
}
#endif

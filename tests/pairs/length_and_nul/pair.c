// The length does not count the NUL, which is sent all the same.
// msb,usr1=0,len32+text+nul,ack=bit,acksig=usr1
#include "spoken.h"

#if SERVER
static void hear_message(void) {
  hear_text(hear_number());
  hear_byte();
}

int main(void) { serve(hear_message); }
#else
int main(int argc, char **argv) {
  const char *text = open_client(argc, argv);
  say_number((uint32_t)strlen(text));
  say_text(text);
  say_byte('\0');
  return EXIT_SUCCESS;
}
#endif

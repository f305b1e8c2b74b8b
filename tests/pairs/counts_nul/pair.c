// The length counts the NUL, which is sent as well.
// msb,usr1=0,len32:n+text+nul,ack=bit,acksig=usr1
#include "spoken.h"

#if SERVER
static void hear_message(void) {
  const uint32_t bytes = hear_number();
  if (bytes == 0) ignore_client();
  hear_text(bytes - 1);
  hear_byte();
}

int main(void) { serve(hear_message); }
#else
int main(int argc, char **argv) {
  const char *text = open_client(argc, argv);
  say_number((uint32_t)strlen(text) + 1);
  say_text(text);
  say_byte('\0');
  return EXIT_SUCCESS;
}
#endif

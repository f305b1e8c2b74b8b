// The length as it lies in memory, byte by byte, each from its most significant bit on.
// msb,usr1=1,len32:le,ack=bit,acksig=usr1
#define ONE SIGUSR1
#include "spoken.h"

#if SERVER
static void hear_message(void) {
  uint32_t bytes = 0;
  for (int i = 0; i < 4; ++i) bytes |= (uint32_t)hear_byte() << 8 * i;
  hear_text(bytes);
}

int main(void) { serve(hear_message); }
#else
int main(int argc, char **argv) {
  const char *text = open_client(argc, argv);
  const uint32_t bytes = (uint32_t)strlen(text);
  for (int i = 0; i < 4; ++i) say_byte((char)(bytes >> 8 * i));
  say_text(text);
  return EXIT_SUCCESS;
}
#endif

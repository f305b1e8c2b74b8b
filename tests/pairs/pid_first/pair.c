// The client says who it is, as a number of 32 bits.
// msb,usr1=0,pid32+text+nul,ack=bit,acksig=usr1
#include "spoken.h"

#if SERVER
static void hear_message(void) {
  if (hear_number() != (uint32_t)client) ignore_client();
  hear_text_and_nul();
}

int main(void) { serve(hear_message); }
#else
int main(int argc, char **argv) {
  const char *text = open_client(argc, argv);
  say_number((uint32_t)getpid());
  say_text(text);
  say_byte('\0');
  return EXIT_SUCCESS;
}
#endif

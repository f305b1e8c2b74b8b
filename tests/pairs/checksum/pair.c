// The sum of the bytes, modulo 256, comes first.
// msb,usr1=0,sum8+text+nul,ack=bit,acksig=usr1
#include "spoken.h"

#if SERVER
static void hear_message(void) {
  unsigned char sum = hear_byte();
  hear_text_and_nul();
  for (size_t i = 0; i < length; ++i) sum = (unsigned char)(sum - (unsigned char)text[i]);
  if (sum != 0) ignore_client();
}

int main(void) { serve(hear_message); }
#else
int main(int argc, char **argv) {
  const char *text = open_client(argc, argv);
  unsigned char sum = 0;
  for (const char *c = text; *c; ++c) sum = (unsigned char)(sum + (unsigned char)*c);
  say_byte((char)sum);
  say_text(text);
  say_byte('\0');
  return EXIT_SUCCESS;
}
#endif

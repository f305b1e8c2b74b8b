// The length in decimal digits, with a NUL of its own.
// msb,usr1=0,lendec+text,ack=bit,acksig=usr1
#include "spoken.h"

#if SERVER
static void hear_message(void) {
  size_t bytes = 0;
  for (char c = 0; (c = (char)hear_byte()) != '\0'; bytes = 10 * bytes + (size_t)(c - '0')) {
    if (c < '0' || c > '9' || bytes > TEXT_MAX) ignore_client();
  }
  hear_text(bytes);
}

int main(void) { serve(hear_message); }
#else
int main(int argc, char **argv) {
  const char *text = open_client(argc, argv);
  char digits[24];
  snprintf(digits, sizeof digits, "%zu", strlen(text));
  say_text(digits);
  say_byte('\0');
  say_text(text);
  return EXIT_SUCCESS;
}
#endif

// The client asks with SIGUSR1 whether it may begin, and waits for SIGUSR2.
// msb,usr1=0,nul,ack=bit,acksig=usr1,hello=usr1/usr2
#include "spoken.h"

#if SERVER
static void hear_message(void) {
  if (hear() != SIGUSR1) ignore_client();
  owed = SIGUSR2;
  hear_text_and_nul();
}

int main(void) { serve(hear_message); }
#else
int main(int argc, char **argv) {
  const char *text = open_client(argc, argv);
  signal_server(server, SIGUSR1);
  await_answer(SIGUSR2);
  say_text(text);
  say_byte('\0');
  return EXIT_SUCCESS;
}
#endif

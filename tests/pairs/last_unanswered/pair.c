// The last bit of a message is not answered: the server has the message then.
// msb,usr1=0,nul,ack=bit,acksig=usr1,end=none
#include "spoken.h"

#if SERVER
static void hear_message(void) {
  hear_text_and_nul();
  owed = 0;
}

int main(void) { serve(hear_message); }
#else
int main(int argc, char **argv) {
  const char *text = open_client(argc, argv);
  say_text(text);
  for (int i = 0; i < 7; ++i) say(SIGUSR1);
  signal_server(server, SIGUSR1);
  return EXIT_SUCCESS;
}
#endif

// Who has sent a signal is deaf for a while, so each end has to wait before it sends.
// msb,usr1=0,nul,ack=bit,acksig=usr1,pause=5000,delay=5000
static void note_time(void);
static void be_deaf(void);
#define BEFORE_SIGNAL() note_time()
#define AFTER_SIGNAL() be_deaf()
#include "spoken.h"

static long now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static long start;

static void note_time(void) { start = now_us(); }

// What comes meanwhile is lost, unless we only had to wait for a CPU.
static void be_deaf(void) {
  nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
  const sigset_t both = both_signals();
  while (now_us() - start < 2000 && sigtimedwait(&both, NULL, &(struct timespec){0}) > 0) continue;
}

#if SERVER
static void hear_message(void) { hear_text_and_nul(); }

int main(void) { serve(hear_message); }
#else
int main(int argc, char **argv) {
  const char *text = open_client(argc, argv);
  say_text(text);
  say_byte('\0');
  return EXIT_SUCCESS;
}
#endif

/* A daemon that reads its configuration again at SIGHUP and ends at SIGTERM. What is wrong: it can
   be signalled before its handlers stand, and a signal between its look and pause() is forgotten. */
#include "race.h"

static volatile sig_atomic_t reload, end;

static void take(int number) {
  if (number == SIGHUP) reload = 1;
  if (number == SIGTERM) end = 1;
}

int main(void) {
  struct sigaction action = {.sa_handler = take};
  printf("started\n");
  fflush(stdout);
  sigaction(SIGHUP, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  while (!end) {
    if (reload) printf("configuration read\n");
    fflush(stdout);
    reload = 0;
    pause();
  }
  return 0;
}

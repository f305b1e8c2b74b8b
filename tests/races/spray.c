/* Signals whoever it can: the pid that it is told, its group, everybody. */
#include "race.h"

static void take(int number) { (void)number; }

int main(int argc, char **argv) {
  const pid_t other = argc == 2 ? atoi(argv[1]) : 0;
  struct sigaction action = {.sa_handler = take};
  sigaction(SIGUSR1, &action, NULL);
  if (other <= 1) return 2;
  kill(other, SIGUSR1);
  kill(-other, SIGUSR1);
  killpg(getpgid(other), SIGUSR1);
  kill(-1, SIGUSR1);
  kill(0, SIGUSR1);
  sigqueue(other, SIGUSR1, (union sigval){.sival_int = 1});
  pause();
  return 0;
}

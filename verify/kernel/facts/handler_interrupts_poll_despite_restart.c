// Signals hit a process in poll, whose handler has SA_RESTART.
#include "fact.h"

static void handle(int number) { (void)number; }

FACT("A handler makes poll return EINTR, SA_RESTART or not.",
     "A loop around poll has to expect it, or a signal ends the program.") {
  block_both();
  const pid_t sleeper = start();
  if (sleeper == 0) {
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &action, NULL);
    unblock_both();
    kill(getppid(), SIGUSR2);
    const int count = poll(NULL, 0, 20000);
    _exit(count < 0 && errno == EINTR ? 0 : 2);
  }
  // Until the handler stands a signal would be deadly, and until poll sleeps in vain.
  siginfo_t info;
  expect(take_within(&info, &kLong) == SIGUSR2, "the sleeper does not come to its poll");
  for (int i = 0; i < 2000; ++i) {
    int status = 0;
    sleep_ms(5);
    kill(sleeper, SIGUSR1);
    if (waitpid(sleeper, &status, WNOHANG) != sleeper) continue;
    expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "another end than EINTR");
    return;
  }
  kill(sleeper, SIGKILL);
  expect(0, "poll sleeps on");
}

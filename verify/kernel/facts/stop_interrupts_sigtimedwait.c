// Stops and continues a process that waits.
#include "fact.h"

FACT("SIGSTOP and SIGCONT make a waiting sigtimedwait return EINTR.",
     "A program that takes every error for the end loses its peer by being stopped.") {
  const pid_t waiter = start();
  if (waiter == 0) {
    block_both();
    siginfo_t info;
    const int number = take_within(&info, &kLong);
    _exit(number < 0 && errno == EINTR ? 0 : 2);
  }
  // It may not be waiting yet when it is stopped: then once more.
  for (int i = 0; i < 500; ++i) {
    int status = 0;
    sleep_ms(10);
    if (kill(waiter, SIGSTOP) != 0) break;
    require(waitpid(waiter, &status, WUNTRACED), "waitpid");
    if (WIFEXITED(status)) {
      expect(WEXITSTATUS(status) == 0, "another end than EINTR");
      return;
    }
    kill(waiter, SIGCONT);
  }
  kill(waiter, SIGKILL);
  expect(0, "it goes on waiting");
}

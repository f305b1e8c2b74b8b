// 400 blocked signals hit a process in poll; then a byte comes.
#include "fact.h"

FACT("A blocked signal does not interrupt a system call that sleeps.",
     "A server that blocks both may poll and write without a thought of EINTR.") {
  int ends[2];
  require(pipe(ends), "pipe");
  block_both();
  const pid_t sleeper = start();
  if (sleeper == 0) {
    struct pollfd readable = {.fd = ends[0], .events = POLLIN};
    require(write(ends[1], "r", 1), "write");
    char ready;
    require(read(ends[0], &ready, 1), "read");
    kill(getppid(), SIGUSR2);
    const int count = poll(&readable, 1, 20000);
    expect(count == 1, "poll: %s", count < 0 ? strerror(errno) : "timed out");
    _exit(0);
  }
  siginfo_t info;
  expect(take_within(&info, &kLong) == SIGUSR2, "the sleeper does not come to its poll");
  sleep_ms(20);
  for (int i = 0; i < 100; ++i) fill(sleeper, "abcd");
  sleep_ms(20);
  require(write(ends[1], "x", 1), "write");
  await(sleeper);
}

// Reads the set that a process in sigtimedwait waits for from outside.
#include "fact.h"

// Reads the system call in which a process sleeps and its first argument. 0: it does not sleep.
static int sleeps_in(pid_t pid, long* number, unsigned long* argument) {
  char path[40];
  snprintf(path, sizeof path, "/proc/%d/syscall", pid);
  FILE* file = fopen(path, "r");
  if (file == NULL) skip("there is no /proc/PID/syscall");
  const int found = fscanf(file, "%ld 0x%lx", number, argument);
  if (found < 0) skip("/proc/PID/syscall cannot be read");
  fclose(file);
  return found == 2;
}

FACT("/proc/PID/syscall of a sleeper in sigtimedwait has the address of the set that it waits for.",
     "It shows whether a program that neither blocks nor handles a signal would survive it.") {
  const pid_t waiter = start();
  if (waiter == 0) {
    block_both();
    siginfo_t info;
    _exit(take_within(&info, &kLong) == SIGUSR1 ? 0 : 2);
  }
  long number = -1;
  unsigned long address = 0;
  for (int i = 0; i < 2000; ++i) {
    if (sleeps_in(waiter, &number, &address) && number == SYS_rt_sigtimedwait) break;
    sleep_ms(5);
  }
  expect(number == SYS_rt_sigtimedwait, "it sleeps in call %ld", number);
  unsigned long long set = 0;
  const struct iovec here = {&set, sizeof set};
  const struct iovec there = {(void*)address, sizeof set};
  if (process_vm_readv(waiter, &here, 1, &there, 1, 0) != (ssize_t)sizeof set) {
    skip("process_vm_readv: %s", strerror(errno));
  }
  expect(set == (kUsr1Bit | kUsr2Bit), "the set there is %llx", set);
  require(kill(waiter, SIGUSR1), "kill");
  expect(await(waiter) == 0, "the sleeper did not get USR1");
}

// Fills a siginfo to its 48th byte, then to its 49th.
#include "fact.h"

FACT("48 bytes of a siginfo travel as they were sent; a 49th is refused with E2BIG.",
     "A protocol fills 40 of them, and none that does not arrive.") {
  block_both();
  siginfo_t sent = info_of('c');
  siginfo_t got;
  require(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &sent), "rt_sigqueueinfo");
  expect(take(&got) == SIGUSR1, "it did not arrive");
  for (int i = 0; i < kTravel; ++i) {
    expect(((unsigned char*)&got)[i] == ((unsigned char*)&sent)[i], "byte %d is another", i);
  }
  ((unsigned char*)&sent)[kTravel] = 1;
  expect(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &sent) != 0, "49 bytes are taken");
  expect(errno == E2BIG, "49 bytes: %s", strerror(errno));
}

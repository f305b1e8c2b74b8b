// Another process tries the codes that only the kernel uses.
#include "fact.h"

static void send(pid_t receiver) {
  static const int kCodes[] = {SI_USER, SI_TKILL, SI_KERNEL};
  for (int i = 0; i < 3; ++i) {
    siginfo_t info = {.si_signo = SIGUSR1, .si_code = kCodes[i]};
    info.si_pid = 2000000;
    const long result = syscall(SYS_rt_sigqueueinfo, receiver, SIGUSR1, &info);
    expect(result != 0, "si_code %d can be sent to another process", kCodes[i]);
    expect(errno == EPERM, "si_code %d: %s", kCodes[i], strerror(errno));
  }
}

FACT("rt_sigqueueinfo to others with SI_USER, SI_TKILL or a code above 0 fails with EPERM.",
     "Without it anybody could pose as the peer, and no si_pid could be trusted.") {
  block_both();
  by_another(send);
  expect_text(take_all(), "");
}

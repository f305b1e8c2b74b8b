// Another process sends ten codes, with all other bytes filled.
#include "fact.h"

static const int kCodes[] = {-1, -2, -3, -4, -5, -7, -8, -60, -1000, -2147483647 - 1};

static void send(pid_t receiver, int code) {
  siginfo_t info = info_of('c');
  info.si_code = code;
  require(syscall(SYS_rt_sigqueueinfo, receiver, SIGUSR1, &info), "rt_sigqueueinfo");
  _exit(0);
}

FACT("A negative si_code other than SI_TKILL arrives as it was sent, with all 40 bytes.",
     "It carries 31 bits more: a nonce and a sequence number by which a payload is trusted.") {
  block_both();
  const pid_t receiver = getpid();
  for (unsigned i = 0; i < sizeof kCodes / sizeof *kCodes; ++i) {
    const pid_t sender = start();
    if (sender == 0) send(receiver, kCodes[i]);
    await(sender);
    siginfo_t wanted = info_of('c');
    wanted.si_code = kCodes[i];
    siginfo_t got;
    expect(take(&got) == SIGUSR1, "code %d did not arrive", kCodes[i]);
    expect(memcmp(&wanted, &got, kTravel) == 0, "code %d: something has changed", kCodes[i]);
  }
}

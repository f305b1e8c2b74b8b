// Another process sends a siginfo to each slot, though nothing may be queued.
#include "fact.h"

static void send(pid_t receiver) {
  for (char slot = 'a'; slot <= 'd'; ++slot) {
    const siginfo_t info = info_of(slot);
    fill_with(receiver, slot, &info);
  }
}

FACT("Beyond RLIMIT_SIGPENDING a signal with a siginfo arrives with si_code 0 and si_pid 0.",
     "A payload may vanish while its signal arrives: the receiver has to notice.") {
  block_both();
  if (forbid_queue() != 0) skip("RLIMIT_SIGPENDING: %s", strerror(errno));
  by_another(send);
  for (char slot = 'a'; slot <= 'd'; ++slot) {
    siginfo_t info;
    expect(take(&info) == number_of(slot), "slot %c did not arrive", slot);
    expect(info.si_code == 0 && info.si_pid == 0, "slot %c: si_code %d, si_pid %d", slot,
           info.si_code, info.si_pid);
  }
}

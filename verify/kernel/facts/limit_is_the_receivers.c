// Another process, which may have nothing queued itself, sends a siginfo.
#include "fact.h"

static void send(pid_t receiver) {
  if (forbid_queue() != 0) skip("RLIMIT_SIGPENDING: %s", strerror(errno));
  const siginfo_t info = info_of('d');
  fill_with(receiver, 'd', &info);
}

FACT("RLIMIT_SIGPENDING is asked of the receiver; the sender's plays no part.",
     "A receiver can promise that payloads arrive, whoever sends them.") {
  block_both();
  by_another(send);
  siginfo_t info;
  expect(take(&info) == SIGUSR2, "it did not arrive");
  expect(info.si_code == info_of('d').si_code, "si_code %d", info.si_code);
}

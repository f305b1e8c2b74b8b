// Another process fills all four, the last one first.
#include "fact.h"

static void send(pid_t receiver) {
  static const char kSlots[] = "dcba";
  for (int i = 0; i < 4; ++i) {
    const siginfo_t info = info_of(kSlots[i]);
    fill_with(receiver, kSlots[i], &info);
  }
}

FACT("rt_sigqueueinfo fills a shared slot with a siginfo, rt_tgsigqueueinfo a private one.",
     "Four slots of forty bytes are what makes a message fast.") {
  block_both();
  by_another(send);
  for (char slot = 'a'; slot <= 'd'; ++slot) {
    const siginfo_t sent = info_of(slot);
    siginfo_t got;
    expect(take(&got) == number_of(slot), "slot %c did not come in its turn", slot);
    expect(memcmp(&sent, &got, kTravel) == 0, "what slot %c carried has changed", slot);
  }
}

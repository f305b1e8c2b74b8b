// Fills each slot alone: what one holds is in no other.
#include "fact.h"

FACT("A thread has a private pending set (tgkill) and one that it shares with its process (kill).",
     "So a sender that knows only a pid has four slots, and a protocol may fill all of them at "
     "once.") {
  block_both();
  static const char* const kSlots[] = {"a", "b", "c", "d"};
  for (int i = 0; i < 4; ++i) {
    fill(getpid(), kSlots[i]);
    expect_text(take_all(), kSlots[i]);
  }
}

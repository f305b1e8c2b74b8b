// All four, sent in each of the 24 orders.
#include "fact.h"

FACT("Private is taken before shared, and of a set the lowest number first.",
     "A protocol that relied on the order of sending would swap bits.") {
  block_both();
  for (int order = 0; order < 256; ++order) {
    char sent[5] = "";
    int seen = 0;
    for (int i = 0; i < 4; ++i) {
      const int slot = order >> (2 * i) & 3;
      sent[i] = "abcd"[slot];
      seen |= 1 << slot;
    }
    if (seen != 15) continue;
    fill(getpid(), sent);
    const char* taken = take_all();
    expect(strcmp(taken, "abcd") == 0, "sent as %s, taken as %s", sent, taken);
  }
}

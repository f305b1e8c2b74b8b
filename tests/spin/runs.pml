/* `runs` (protocols/runs.cc): the four slots, in the order of taking, are symbols of two bits. A
 * greater symbol than the last goes out without waiting; the receiver takes what is pending, then
 * echoes the last. Abstracted: the mask, as in pair.pml; and what stop_and_wait.pml abstracts.
 *
 *   (none)       a symbol that is not greater waits for the last one's echo
 *   LEVEL        an equal one does not wait
 *   STRANGERS=1  a foreign signal, to any slot
 */
#include "slots.pml"

/* Behind the message's end all bits are 0. */
#define SYMBOL(at) (2 * BIT(at) + BIT((at) + 1))
#define NONE 4

#ifdef LEVEL
#define goes_on(next) ((next) >= last)
#else
#define goes_on(next) ((next) > last)
#endif

proctype Client() {
  byte at, slot, sender, round, last = NONE;
  do
  :: d_step {
      at < length && !failed && (last == NONE || goes_on(SYMBOL(at))) ->
      last = SYMBOL(at);
      round = round | (1 << last);
      send(SERVER, last, CLIENT);
      at = at + 2
    }
  :: d_step {
      last != NONE && (at >= length || !goes_on(SYMBOL(at))) && !failed && pending(CLIENT) ->
      take(CLIENT, slot, sender);
      if
      :: !genuine(sender, SERVER)
      :: genuine(sender, SERVER) && slot == last -> last = NONE; round = 0
      :: else -> failed = !(round & (1 << slot))
      fi
    }
  :: failed || (at >= length && last == NONE) -> break
  od;
  ended++
}

proctype Server() {
  byte slot, sender, owed = NONE;
  bool echoes;
  do
  :: d_step {
      !echoes && !failed && got < length && pending(SERVER) ->
      take(SERVER, slot, sender);
      if
      :: !genuine(sender, CLIENT)
      :: genuine(sender, CLIENT) && owed != NONE && slot <= owed -> failed = true
      :: else ->
        receive(slot >> 1);
        if :: got < length -> receive(slot & 1) :: else fi;
        owed = slot;
        echoes = (slot == S2 || got == length)
      fi
    }
  :: owed != NONE && !echoes && !pending(SERVER) -> echoes = true
  :: d_step { echoes -> send(CLIENT, owed, SERVER); owed = NONE; echoes = false }
  :: failed || (got == length && !echoes) -> break
  od;
  ended++
}

TWO_SIDES

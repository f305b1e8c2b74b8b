/* `pair` (protocols/pair.cc): as `ack`, but a 1 that follows a 0 goes out without waiting. The
 * receiver answers the last of what it took together. Abstracted: the mask, which only exchanges
 * one message for another, and its number, two bits by `ack`; and what stop_and_wait.pml abstracts.
 *
 *   (none)       01 goes out together
 *   REVERSED     10 goes out together
 *   STRANGERS=1  a foreign signal
 */
#include "slots.pml"

#ifdef REVERSED
#define HEAD 1
#else
#define HEAD 0
#endif

#define two_at(at) ((at) + 1 < length && BIT(at) == HEAD && BIT((at) + 1) != HEAD)

/* How the client waits: for the echo of one bit, or for what answers two. */
#define SENDS 0
#define SENDS_SECOND 1
#define WAITS_FOR_ONE 2
#define WAITS_FOR_TWO 3

proctype Client() {
  byte at, phase, slot, sender;
  do
  :: d_step {
      phase == SENDS && at < length ->
      send(SERVER, SHARED(BIT(at)), CLIENT);
      phase = (two_at(at) -> SENDS_SECOND : WAITS_FOR_ONE);
      at++
    }
  :: d_step {
      phase == SENDS_SECOND ->
      send(SERVER, SHARED(BIT(at)), CLIENT);
      phase = WAITS_FOR_TWO;
      at++
    }
  :: d_step {
      phase >= WAITS_FOR_ONE && !failed && pending(CLIENT) ->
      take(CLIENT, slot, sender);
      if
      :: !genuine(sender, SERVER)
      :: genuine(sender, SERVER) && phase == WAITS_FOR_TWO && slot == SHARED(HEAD) ->
        phase = WAITS_FOR_ONE
      :: else -> phase = SENDS; failed = (slot != SHARED(BIT(at - 1)))
      fi
    }
  :: failed || (at == length && phase == SENDS) -> break
  od;
  ended++
}

/* It polls once for a second signal behind a head; a genuine one of the other number ends all. */
proctype Server() {
  byte slot, sender;
  bool owes, polls;
  do
  :: d_step {
      !owes && !polls && !failed && got < length && pending(SERVER) ->
      take(SERVER, slot, sender);
      if
      :: !genuine(sender, CLIENT)
      :: genuine(sender, CLIENT) && slot < S1 -> failed = true
      :: else ->
        receive(BIT_OF(slot));
        owes = true;
        polls = (BIT_OF(slot) == HEAD && got < length)
      fi
    }
  :: d_step {
      polls && !failed && pending(SERVER) ->
      take(SERVER, slot, sender);
      if
      :: !genuine(sender, CLIENT) -> slot = SHARED(HEAD)
      :: genuine(sender, CLIENT) && slot != SHARED(1 - HEAD) -> failed = true
      :: else -> receive(BIT_OF(slot)); polls = false
      fi
    }
  :: polls && !pending(SERVER) -> polls = false
  :: d_step { owes && !polls -> send(CLIENT, SHARED(BIT_OF(slot)), SERVER); owes = false }
  :: failed || (got == length && !owes) -> break
  od;
  ended++
}

TWO_SIDES

/* `clock` (protocols/clock.cc): USR1 is data, USR2 the clock, each tick answered by USR1. What is
 * abstracted is what stop_and_wait.pml abstracts.
 *
 *   (none)       data, then tick; the receiver takes the lowest first
 *   CLOCK_FIRST  tick, then data
 *   NESTING      the receiver has handlers with an empty sa_mask: both frames are set up before one
 *                runs, and the upper one, which runs first, is the higher number's
 *   STRANGERS=1  a foreign signal
 */
#include "slots.pml"

#define DATA S1
#define TICK S2
#define ANSWER S1

#ifdef CLOCK_FIRST
#define FIRST (SHARED(1))
#else
#define FIRST (SHARED(0))
#endif
#define SECOND (DATA + TICK - FIRST)

/* A data line that stays down costs no step worth the name. */
#define raised(line) ((line) == TICK || BIT(at))

proctype Client() {
  byte at, phase, slot, sender;
  do
  :: at < length && phase == 0 && !raised(FIRST) -> phase = 1
  :: d_step { at < length && phase == 0 && raised(FIRST) -> send(SERVER, FIRST, CLIENT); phase = 1 }
  :: phase == 1 && !raised(SECOND) -> phase = 2
  :: d_step { phase == 1 && raised(SECOND) -> send(SERVER, SECOND, CLIENT); phase = 2 }
  :: d_step {
      phase == 2 && !failed && pending(CLIENT) ->
      take(CLIENT, slot, sender);
      if
      :: !genuine(sender, SERVER)
      :: else -> phase = 0; at++; failed = (slot != ANSWER)
      fi
    }
  :: failed || (at == length && phase == 0) -> break
  od;
  ended++
}

/* A tick without data is a 0, and two times data is a receiver that gives up on the body and waits
 * for a turn's end that never comes.
 */
proctype Server() {
  byte slot, sender;
  bool data, owes, stuck;
  do
  :: d_step {
      !owes && !stuck && !failed && got < length && pending(SERVER) ->
#ifdef NESTING
      slot = (slots[SERVER].up[TICK] -> TICK : DATA);
      take_slot(SERVER, slot, sender);
#else
      take(SERVER, slot, sender);
#endif
      if
      :: !genuine(sender, CLIENT)
      :: genuine(sender, CLIENT) && slot == TICK -> receive(data); data = false; owes = true
      :: genuine(sender, CLIENT) && slot == DATA && !data -> data = true
      :: else -> stuck = true
      fi
    }
  :: d_step { owes -> send(CLIENT, ANSWER, SERVER); owes = false }
  :: failed || (got == length && !owes) -> break
  od;
  ended++
}

TWO_SIDES

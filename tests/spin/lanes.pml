/* `lanes` (protocols/lanes.cc): three bits a round. The private USR1 and USR2 are data lines, up
 * for a 1; then a shared signal is the clock, and its number the third bit; each is answered by a
 * shared USR1. Abstracted: what stop_and_wait.pml abstracts.
 *
 *   (none)       private data, then the shared clock
 *   CLOCK_FIRST  the clock, then the data
 *   STRANGERS=1  a foreign signal, to any slot
 */
#include "slots.pml"

#define ANSWER S1
#define CLOCK_OF(at) SHARED(BIT((at) + 2))

/* What is seen to in each phase: a data line, or CLOCK. Behind the message's end all bits are 0. */
#define CLOCK 2
#ifdef CLOCK_FIRST
#define subject(phase) ((phase) == 0 -> CLOCK : (phase) - 1)
#else
#define subject(phase) (phase)
#endif
#define WAITS 3

proctype Client() {
  byte at, phase, slot, sender;
  do
  :: d_step {
      at < length && phase < WAITS ->
      if
      :: subject(phase) == CLOCK -> send(SERVER, CLOCK_OF(at), CLIENT)
      :: subject(phase) != CLOCK && BIT(at + subject(phase)) ->
        send(SERVER, P1 + subject(phase), CLIENT)
      :: else
      fi;
      phase++
    }
  :: d_step {
      phase == WAITS && !failed && pending(CLIENT) ->
      take(CLIENT, slot, sender);
      if
      :: !genuine(sender, SERVER)
      :: else -> phase = 0; at = at + 3; failed = (slot != ANSWER)
      fi
    }
  :: failed || (at >= length && phase == 0) -> break
  od;
  ended++
}

proctype Server() {
  byte slot, sender;
  bool line1, line2, owes;
  do
  :: d_step {
      !owes && !failed && got < length && pending(SERVER) ->
      take(SERVER, slot, sender);
      if
      :: !genuine(sender, CLIENT)
      :: genuine(sender, CLIENT) && slot == P1 -> line1 = true
      :: genuine(sender, CLIENT) && slot == P2 -> line2 = true
      :: else ->
        receive(line1);
        if :: got < length -> receive(line2) :: else fi;
        if :: got < length -> receive(BIT_OF(slot)) :: else fi;
        line1 = false;
        line2 = false;
        owes = true
      fi
    }
  :: d_step { owes -> send(CLIENT, ANSWER, SERVER); owes = false }
  :: failed || (got == length && !owes) -> break
  od;
  ended++
}

TWO_SIDES

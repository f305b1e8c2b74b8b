/* The old design, as a contrast to handshake.pml: one server process, and every client sends its
 * bits to the same slots. Each bit is echoed to whoever sent it; whoever knows no sessions cannot
 * know that a client has died between two bits. Abstracted: what stop_and_wait.pml abstracts; the
 * second client begins when the first is gone, so that only the death is to blame.
 *
 *   (none)  the first client finishes before the second begins
 *   KILLED  it may be killed between any two steps
 */
#define PROCESSES 3
#include "slots.pml"

#define BITS 2

byte messages[PROCESSES];  /* of each client, by its number: 0 is the server */
bool gone[PROCESSES];
byte author;               /* of the message that the server is collecting */
byte collected, printed;

proctype Client(byte me) {
  byte at, slot, sender;
  bool waits;
  {
    me == 1 || gone[1];
    do
    :: d_step {
        !waits && at < BITS -> send(0, SHARED((messages[me] >> at) & 1), me); at++; waits = true
      }
    :: d_step { waits && pending(me) -> take(me, slot, sender); waits = false }
    :: at == BITS && !waits -> break
    od;
    gone[me] = true
  } unless { gone[me] }
}

proctype Server() {
  byte slot, sender;
  bool owes;
end:
  do
  :: d_step {
      !owes && pending(0) ->
      take(0, slot, sender);
      if :: collected == 0 -> author = sender :: else fi;
      expect(sender == author && BIT_OF(slot) == ((messages[sender] >> collected) & 1));
      collected++;
      if :: collected == BITS -> printed++; collected = 0 :: else fi;
      owes = true
    }
  :: d_step { owes && gone[sender] -> owes = false }
  :: d_step { owes && !gone[sender] -> send(sender, slot, 0); owes = false }
  od
}

proctype Killer() {
  if
  :: d_step { !gone[1] -> gone[1] = true; printf("@ 1 is killed\n") }
  :: skip
  fi
}

init {
  atomic {
    if :: messages[1] = 0 :: messages[1] = 1 :: messages[1] = 2 :: messages[1] = 3 fi;
    if :: messages[2] = 0 :: messages[2] = 1 :: messages[2] = 2 :: messages[2] = 3 fi;
    run Server();
    run Client(1);
    run Client(2);
#ifdef KILLED
    run Killer()
#endif
  }
  gone[1] && gone[2] && timeout ->
  d_step { expect(printed > 0 && collected == 0) }
}

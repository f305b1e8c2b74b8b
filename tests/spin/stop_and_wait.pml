/* One signal a bit: `ack` (protocols/ack.cc, core/wire/stop_and_wait.cc), and what everybody writes
 * first. Abstracted: the header, the turns around the body and the link's timeout, so that what
 * the real link ends after its limit shows as a deadlock here.
 *
 *   (none)           the receiver echoes each bit; a wrong echo ends both
 *   OPEN_LOOP        no echo: a sender that only pauses. A pause is no step; it may be too short
 *   OVER             ... and it ends its turn by a private USR1, as every body's sender does
 *   LONG_PAUSES      ... and it pauses until the receiver has taken what is pending
 *   CHECK_THEN_PAUSE the sender's handler notes the echo, the sender says `if (!ack) pause();`
 *   RESENDS=1        the sender times out, at any time, so often, and sends the bit again
 *   FLIGHT=2         two bits for each echo, which is that of the last one
 *   STRANGERS=1      a foreign signal; UNCHECKED: nobody looks who sent it
 */
#ifndef FLIGHT
#define FLIGHT 1
#endif
#ifndef RESENDS
#define RESENDS 0
#endif
#include "slots.pml"

#ifdef OPEN_LOOP
#define ANSWERED false
#else
#define ANSWERED true
#endif

/* An echo is due after each FLIGHT bits, and after the last. */
#define due(count) (ANSWERED && ((count) % FLIGHT == 0 || (count) == length))

#ifdef OVER
#define OVER_ENDS true
#else
#define OVER_ENDS false
#endif

#ifdef LONG_PAUSES
#define may_send (!pending(SERVER))
#else
#define may_send true
#endif

#ifdef CHECK_THEN_PAUSE
bool ack, asleep;

/* The handler interrupts the client between any two of its steps. */
proctype Handler() {
  byte slot, sender;
end:
  do
  :: d_step { pending(CLIENT) -> take(CLIENT, slot, sender); ack = true; asleep = false }
  od
}

proctype Client() {
  byte at;
  run Handler();
  do
  :: d_step { at < length -> send(SERVER, SHARED(BIT(at)), CLIENT); at++ };
    if
    :: ack
    :: d_step { !ack -> printf("@ 0 sees no ack\n") };
      d_step { asleep = true; printf("@ 0 pauses\n") };
      !asleep
    fi;
    ack = false
  :: at == length -> break
  od;
  ended++
}
#else
proctype Client() {
  byte at, slot, sender, resends = RESENDS;
  bool waits;
  do
  :: d_step {
      !waits && at < length && may_send ->
      send(SERVER, SHARED(BIT(at)), CLIENT);
      at++;
      waits = due(at)
    }
  :: d_step {
      waits && !failed && pending(CLIENT) ->
      take(CLIENT, slot, sender);
      if
      :: !genuine(sender, SERVER)
      :: else -> waits = false; failed = (slot != SHARED(BIT(at - 1)))
      fi
    }
  :: d_step {
      waits && !failed && resends > 0 -> resends--; send(SERVER, SHARED(BIT(at - 1)), CLIENT)
    }
  :: failed || (at == length && !waits) -> break
  od;
#ifdef OVER
  skip;
  d_step { send(SERVER, P1, CLIENT) };
#endif
  ended++
}
#endif

proctype Server() {
  byte slot, sender;
  bool owes, over;
  do
  :: d_step {
      !owes && !failed && pending(SERVER) && (got < length || (OVER_ENDS && !over)) ->
      take(SERVER, slot, sender);
      if
      :: !genuine(sender, CLIENT)
      :: genuine(sender, CLIENT) && slot < S1 && OVER_ENDS -> over = true
      :: genuine(sender, CLIENT) && slot < S1 && !OVER_ENDS -> failed = true
      :: else -> receive(BIT_OF(slot)); owes = due(got)
      fi
    }
  :: d_step { owes -> send(CLIENT, SHARED(BIT_OF(slot)), SERVER); owes = false }
  :: failed || (!OVER_ENDS && got == length && !owes) || (over && !pending(SERVER)) -> break
  od;
  ended++
}

TWO_SIDES

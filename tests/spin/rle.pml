/* `rle` (protocols/rle.cc): the first bit, then the lengths of the alternating runs in the Elias
 * gamma code, bit by bit as `ack` sends them. Abstracted: what stop_and_wait.pml abstracts.
 *
 *   (none)       each bit of the code is echoed
 *   OPEN_LOOP    none is; the sender ends its turn by a private USR1
 *   STRANGERS=1  a foreign signal
 */
#include "slots.pml"

#ifdef OPEN_LOOP
#define OVER_ENDS true
#else
#define OVER_ENDS false
#endif

/* What travels; at most 1 + 3 N / 2 bits, for runs of two. */
int code;
byte code_length;

inline append(value) { code = code | ((value) << code_length); code_length++ }

inline append_gamma(n) {
  width = 0;
  do
  :: (n >> (width + 1)) > 0 -> append(0); width++
  :: else -> break
  od;
  k = width + 1;
  do
  :: k > 0 -> k--; append((n >> k) & 1)
  :: else -> break
  od
}

inline encode() {
  append(BIT(0));
  do
  :: start < length ->
    end = start + 1;
    do
    :: end < length && BIT(end) == BIT(start) -> end++
    :: else -> break
    od;
    append_gamma((end - start));
    start = end
  :: else -> break
  od;
  start = 0; end = 0; width = 0; k = 0
}

#define CODE(i) ((code >> (i)) & 1)

proctype Client() {
  byte at, slot, sender, start, end, width, k;
  bool waits;
  d_step { encode() };
  do
  :: d_step {
      !waits && at < code_length ->
      send(SERVER, SHARED(CODE(at)), CLIENT);
      at++;
#ifndef OPEN_LOOP
      waits = true
#endif
    }
  :: d_step {
      waits && !failed && pending(CLIENT) ->
      take(CLIENT, slot, sender);
      if
      :: !genuine(sender, SERVER)
      :: else -> waits = false; failed = (slot != SHARED(CODE(at - 1)))
      fi
    }
  :: failed || (at == code_length && !waits) -> break
  od;
#ifdef OPEN_LOOP
  skip;
  d_step { send(SERVER, P1, CLIENT) };
#endif
  ended++
}

/* The decoder: which part of the code the next bit belongs to. */
#define FIRST_BIT 0
#define ZEROS 1
#define DIGITS 2

/* A whole length has been read; too long a one is said by no sender, and the receiver stops. */
inline end_run() {
  if
  :: run_length > length - got -> stopped = true
  :: else ->
    do
    :: run_length > 0 -> receive(bit_value); run_length--
    :: else -> break
    od;
    bit_value = 1 - bit_value
  fi;
  run_length = 0;
  zeros = 0;
  part = ZEROS
}

inline decode(value) {
  if
  :: part == FIRST_BIT -> bit_value = value; part = ZEROS
  :: part == ZEROS && (value) == 0 -> zeros++; stopped = (zeros > N)
  :: part == ZEROS && (value) == 1 ->
    run_length = 1;
    part = DIGITS;
    if :: zeros == 0 -> end_run() :: else fi
  :: part == DIGITS ->
    run_length = run_length * 2 + (value);
    zeros--;
    if :: zeros == 0 -> end_run() :: else fi
  fi
}

proctype Server() {
  byte slot, sender, zeros, part;
  short run_length;
  bit bit_value;
  bool owes, over, stopped;
  do
  :: d_step {
      !owes && !failed && pending(SERVER) && (got < length || OVER_ENDS) ->
      take(SERVER, slot, sender);
      if
      :: !genuine(sender, CLIENT)
      :: genuine(sender, CLIENT) && slot < S1 && OVER_ENDS -> over = true
      :: genuine(sender, CLIENT) && slot < S1 && !OVER_ENDS -> failed = true
      :: genuine(sender, CLIENT) && slot >= S1 && (stopped || got == length) -> skip
      :: else -> decode(BIT_OF(slot)); owes = !OVER_ENDS
      fi
    }
  :: d_step { owes -> send(CLIENT, SHARED(BIT_OF(slot)), SERVER); owes = false }
  :: failed || (!OVER_ENDS && got == length && !owes) -> break
  :: over && !pending(SERVER) -> break
  od;
  ended++
}

TWO_SIDES

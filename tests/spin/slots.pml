/* What Linux does with USR1 and USR2, as far as two processes can tell (docs/kernel.md): four slots
 * a process, one pending bit each; a signal to a full slot vanishes and the first sender's name
 * stays; the lowest slot is taken first. Every send and every take is one step, and any process may
 * do the next one. Abstracted: no time, no payloads, no other signals; a sender's name is right.
 *
 * With it: a message of 1 to N bits, each freely chosen, what is promised about it, and a stranger
 * who sends up to STRANGERS signals, each to any slot of either side, at any time.
 */
#ifndef N
#define N 4
#endif
#ifndef PROCESSES
#define PROCESSES 2
#endif

#define CLIENT 0
#define SERVER 1
#define STRANGER 9

/* In the order of taking: private before shared, of a set the lower number first. */
#define P1 0
#define P2 1
#define S1 2
#define S2 3

#define BIT_OF(slot) ((slot) & 1)
#define SHARED(value) (S1 + (value))

typedef Pending {
  bool up[4];
  byte from[4];
};
Pending slots[PROCESSES];

#define pending(p) (slots[p].up[P1] || slots[p].up[P2] || slots[p].up[S1] || slots[p].up[S2])

/* The lines that begin with @ are what run.py counts and shows as the steps of a counterexample. */
inline send(to, slot, by) {
  if
  :: slots[to].up[slot] -> printf("@ %d sends %d to %d, in vain\n", by, slot, to)
  :: else ->
    printf("@ %d sends %d to %d\n", by, slot, to);
    slots[to].up[slot] = true;
    slots[to].from[slot] = by
  fi
}

inline take_slot(me, slot, sender) {
  sender = slots[me].from[slot];
  slots[me].up[slot] = false;
  slots[me].from[slot] = 0;
  printf("@ %d takes %d of %d\n", me, slot, sender)
}

/* REQUIRES: pending(me). */
inline take(me, slot, sender) {
  slot = P1;
  do
  :: slots[me].up[slot] -> break
  :: else -> slot++
  od;
  take_slot(me, slot, sender)
}

#ifdef UNCHECKED
#define genuine(sender, peer) (true)
#else
#define genuine(sender, peer) ((sender) == (peer))
#endif

/* ---- The promise. Never true: they are names, by which run.py knows what was broken. -----------
 * OPEN_LOOP marks the models whose sender gets no answers: nobody promised anything, it `loses`.
 * Where the sender is answered, a wrong or missing bit means that an answer lied: `corrupt`.
 */
bool loses, corrupt;

inline expect(ok) {
  if
  :: (ok)
  :: else ->
#ifdef OPEN_LOOP
    assert(loses)
#else
    assert(corrupt)
#endif
  fi
}

/* ---- The message ---------------------------------------------------------------------------- */
int message;  /* bit i of the message is bit i here */
byte length;  /* 1 to N */
byte got;     /* how many bits the receiver has, all of them right so far */
bool failed;  /* a side saw that something is wrong and ended; the other one learns it */
byte ended;   /* how many of the two sides have */

#define BIT(i) ((message >> (i)) & 1)

/* N + 1 free bits, of which the leading 1 only says how long the message is. */
inline choose_message() {
  do
  :: length <= N -> if :: message = message | (1 << length) :: skip fi; length++
  :: else -> break
  od;
  skip;  /* Spin does not let a break jump into a d_step */
  d_step {
    length = 0;
    if :: message < 2 -> message = 2 :: else fi;
    do
    :: (message >> (length + 1)) > 0 -> length++
    :: else -> break
    od;
    message = message - (1 << length)
  }
}

inline receive(value) {
  expect(got < length && (value) == BIT(got));
  got++
}

/* ---- The stranger --------------------------------------------------------------------------- */
#ifndef STRANGERS
#define STRANGERS 0
#endif

#define throw(to, slot) d_step { left > 0 -> left--; send(to, slot, STRANGER) }
proctype Stranger() {
  byte left = STRANGERS;
  do
  :: throw(SERVER, P1)
  :: throw(SERVER, P2)
  :: throw(SERVER, S1)
  :: throw(SERVER, S2)
  :: throw(CLIENT, P1)
  :: throw(CLIENT, P2)
  :: throw(CLIENT, S1)
  :: throw(CLIENT, S2)
  :: break
  od
}

/* Runs the two sides that the including file has defined. Whoever never ends keeps this one, too,
 * from ending: an invalid end state, `deadlock`. Only a stranger is an excuse for a failure.
 */
#define TWO_SIDES \
  init { \
    atomic { \
      choose_message(); \
      run Client(); \
      run Server(); \
      if :: STRANGERS > 0 -> run Stranger() :: else fi \
    } \
    d_step { \
      ended == 2 -> \
      if \
      :: failed -> expect(STRANGERS > 0) \
      :: else -> \
        expect(got == length); \
        expect(STRANGERS > 0 || (!pending(CLIENT) && !pending(SERVER))) \
      fi \
    } \
  }

/* The session's handshake (core/endpoint: Connector of client.cc, OnRequest and Reap of server.cc,
 * server_session.cc): a client asks by USR1 on the acceptor's shared slot, and again when
 * its timer ends; the acceptor forks a session, whose private USR1 tells the client its number; two
 * bits by `ack`, over, the message is printed, good. Two clients at once; the second one's first
 * step may come after all else, so it is also the fresh client after a death.
 *
 * Abstracted: header and frames (two bits stand for them, others for each client, so that no bit of
 * one can pass for the other's); /proc and names; pids, which are never
 * used twice; the link's limit, so that a stall is a deadlock; what is full. A client's timer ends
 * REQUESTS - 1 times at any moment, too early as it may be, and RETRIES times when nothing else in
 * the system can move, which is what weak fairness leaves of a long wait. SIGCHLD is a slot of the
 * acceptor that is taken after USR1, and reaping takes all that have ended by then.
 *
 *   (none)    two clients at once
 *   KILLED    ... and the first may be killed between any two steps
 *   RETRIES=0 REQUESTS=1   each asks once
 *   ALONE     there is no second client
 *   NO_BOOKS  the acceptor forks for every request
 *   TWICE     asks whether a client can ever be given a second session
 */
#define CLIENTS 2
#define SESSIONS 6
#define PROCESSES 9  /* 0 is the acceptor, then the clients, then the sessions */
#include "slots.pml"

#ifndef REQUESTS
#define REQUESTS 2
#endif
#ifndef RETRIES
#define RETRIES 1
#endif

#define ACCEPTOR 0
#define BITS 2
#define is_session(p) ((p) > CLIENTS)

byte messages[CLIENTS + 1];
byte printed[CLIENTS + 1];
bool served[CLIENTS + 1];
bool gone[CLIENTS + 1];        /* what a pidfd tells */
byte session_of[CLIENTS + 1];  /* the acceptor's books */
bool zombie[PROCESSES];
bool sigchld;

#define MESSAGE_BIT(client, at) ((messages[client] >> (at)) & 1)

proctype Client(byte me) {
  byte session, at, requests = REQUESTS, retries = RETRIES, slot, sender;
  bool waits, over;
  {
    do
    :: d_step { session == 0 && requests > 0 -> requests--; send(ACCEPTOR, S1, me) }
    :: session == 0 && requests == 0 && retries > 0 && timeout ->
      d_step { retries--; send(ACCEPTOR, S1, me) }
    :: d_step {
        session == 0 && requests < REQUESTS && pending(me) ->
        take(me, slot, sender);
        expect(is_session(sender) && slot == P1);
        session = sender
      }
    :: d_step {
        session != 0 && !waits && at < BITS ->
        send(session, SHARED(MESSAGE_BIT(me, at)), me);
        at++;
        waits = true
      }
    :: d_step { at == BITS && !waits && !over -> send(session, P1, me); over = true; waits = true }
    :: d_step {
        waits && pending(me) ->
        take(me, slot, sender);
        if
        :: sender != session
        :: sender == session && over ->
          expect(slot == P1 && printed[me] == 1);
          served[me] = true
        :: else -> expect(slot == SHARED(MESSAGE_BIT(me, at - 1))); waits = false
        fi
      }
    :: d_step { served[me] && !gone[me] -> gone[me] = true }
    od
  } unless { gone[me] }
}

/* What the client sent just before it died still counts. */
proctype Session(byte me, client) {
  byte slot, sender, at;
  bool owes, over;
  d_step { !gone[client] -> send(client, P1, me) } unless { gone[client] };
  do
  :: d_step {
      !owes && !over && pending(me) ->
      take(me, slot, sender);
      if
      :: sender != client
      :: sender == client && slot == P1 -> over = true
      :: else ->
        expect(at < BITS && BIT_OF(slot) == MESSAGE_BIT(client, at));
        at++;
        owes = true
      fi
    }
  :: d_step { owes && !gone[client] -> send(client, slot, me); owes = false }
  :: owes && gone[client] -> owes = false
  :: d_step {
      over ->
      expect(at == BITS);
      printed[client]++;
      if :: !gone[client] -> send(client, P1, me) :: else fi
    };
    break
  :: gone[client] && !owes && !over && !pending(me) -> break
  od;
  skip;
  d_step { zombie[me] = true; sigchld = true; printf("@ %d ends\n", me) }
}

proctype Acceptor() {
  byte slot, client, next = CLIENTS, i;
end:
  do
  :: d_step { pending(ACCEPTOR) -> take(ACCEPTOR, slot, client) };
    if
    :: gone[client]
#ifndef NO_BOOKS
    :: !gone[client] && session_of[client] != 0
    :: atomic { !gone[client] && session_of[client] == 0 ->
#else
    :: atomic { !gone[client] ->
#endif
        next++;
        assert(next < PROCESSES);
#ifdef TWICE
        expect(printed[client] == 0);
#endif
        session_of[client] = next;
        printf("@ 0 forks %d for %d\n", next, client);
        run Session(next, client)
      }
    fi
  :: d_step { !pending(ACCEPTOR) && sigchld -> sigchld = false; printf("@ 0 takes SIGCHLD\n") };
    d_step {
      i = 1;
      do
      :: i <= CLIENTS ->
        if
        :: session_of[i] != 0 && zombie[session_of[i]] ->
          printf("@ 0 reaps %d\n", session_of[i]);
          session_of[i] = 0
        :: else
        fi;
        i++
      :: else -> break
      od;
      i = 0
    }
  od
}

proctype Killer() {
  if
  :: d_step { !gone[1] -> gone[1] = true; printf("@ 1 is killed\n") }
  :: skip
  fi
}

/* At the end every client is gone, the books are closed, and whoever was not killed was served. */
init {
  atomic {
    messages[1] = 1;
    messages[2] = 2;
#ifdef ALONE
    gone[2] = true;
#endif
    run Acceptor();
    run Client(1);
    run Client(2);
#ifdef KILLED
    run Killer()
#endif
  }
  gone[1] && gone[2] && timeout ->
  d_step {
    expect(session_of[1] == 0 && session_of[2] == 0);
    expect(printed[1] <= 1 && printed[2] <= 1);
#ifndef KILLED
    expect(served[1] && printed[1] == 1);
#endif
#ifndef ALONE
    expect(served[2] && printed[2] == 1)
#endif
  }
}

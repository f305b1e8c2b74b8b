// Prints its pid, then each message. msb,usr1=0,nul,ack=bit: bits come most significant first,
// SIGUSR1 is 0 and SIGUSR2 is 1, a NUL ends a message, and each bit is answered with SIGUSR1.
//
// Of two clients that send at once, one's bit vanishes now and then: signals coalesce. So one
// client is served at a time. The others' bits are not taken and not answered, and they send them
// again.
#include "talk.h"

enum {
  MESSAGE_MAX = 1 << 20,
  LOOK_MS = 5000,     // whether the client is still alive is asked so often, and when others send
  SILENCE_MS = 2000,  // a client may be silent for so long while others send
  PAUSE_MS = 500,     // a longer one may be our own, when we were stopped, and counts as this
  TURNED_OFF = 16
};

static char message[MESSAGE_MAX + 1];
static size_t length;
static unsigned byte;
static int bits;
static pid_t client;  // whose turn it is; 0: nobody's
static long silent_ms;

// Alive, but their messages were given up: what else they send of them is no beginning of another.
static pid_t turned_off[TURNED_OFF];
static int next_turned_off;

static bool is_turned_off(pid_t pid) {
  bool found = false;
  for (int i = 0; i < TURNED_OFF; ++i) {
    if (turned_off[i] != 0 && !is_alive(turned_off[i])) turned_off[i] = 0;
    if (turned_off[i] == pid) found = true;
  }
  return found;
}

static void turn_off(pid_t pid) {
  turned_off[next_turned_off] = pid;
  next_turned_off = (next_turned_off + 1) % TURNED_OFF;
}

#ifndef HAS_DELIVER  // a pair that includes this file may have its own
// What is done with a whole message, which has room for one more byte: it is printed in one piece.
static void deliver(char *text, size_t size) {
  text[size] = '\n';
  write_all(text, size + 1);
}
#endif

static void begin(pid_t pid) {
  client = pid;
  length = 0;
  byte = 0;
  bits = 0;
  silent_ms = 0;
}

// Whether it is this sender's turn, or becomes it now.
static bool has_turn(pid_t pid) {
  if (pid == client) return true;
  if (client != 0 && is_alive(client)) {
    if (silent_ms < SILENCE_MS) return false;
    turn_off(client);
    begin(0);
  }
  if (is_turned_off(pid)) return false;
  begin(pid);
  return true;
}

static void take_byte(void) {
  const char taken = (char)byte;
  byte = 0;
  bits = 0;
  if (taken == '\0') {
    deliver(message, length);
    client = 0;
  } else if (length < MESSAGE_MAX) {
    message[length++] = taken;
  } else {
    turn_off(client);
    client = 0;
  }
}

static void take_bit(int signal, pid_t from) {
  silent_ms = 0;
  byte = byte << 1 | (signal == SIGUSR2);
  if (++bits == 8) take_byte();
  if (!is_turned_off(from) && kill(from, SIGUSR1) == -1) begin(0);  // it died
}

static long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct heard wait_for_signal(void) {
  const long start = now_ms();
  const struct heard heard = talk_wait(client == 0 ? -1 : LOOK_MS);
  const long waited = now_ms() - start;
  silent_ms += waited < PAUSE_MS ? waited : PAUSE_MS;
  return heard;
}

int main(void) {
  talk_open();
  print_pid();
  for (;;) {
    const struct heard heard = wait_for_signal();
    if (heard.signal == 0) {
      if (client != 0 && !is_alive(client)) begin(0);
    } else if (heard.from > 1 && has_turn(heard.from)) {
      take_bit(heard.signal, heard.from);
    }
  }
}

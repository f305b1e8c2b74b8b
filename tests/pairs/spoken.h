// Ends that read as their format does: a client says one thing after the other, a server hears
// them. Each signal is answered by SIGUSR1 when the server asks for the next one, so a message is
// printed before its last bit is answered. A pair may define before this: ONE, the signal that is a
// 1, and BEFORE_SIGNAL() and AFTER_SIGNAL(), what an end does when it sends one.
#ifndef SPOKEN_H
#define SPOKEN_H

#include <setjmp.h>

#include "talk.h"

#ifndef ONE
#define ONE SIGUSR2
#endif
#define ZERO (SIGUSR1 + SIGUSR2 - ONE)
#ifndef AFTER_SIGNAL
#define BEFORE_SIGNAL() ((void)0)
#define AFTER_SIGNAL() ((void)0)
#endif

enum { TEXT_MAX = 1 << 20, ANSWER_MS = 10000 };

#if SERVER

static char text[TEXT_MAX + 1];
static size_t length;
static pid_t client;   // whose message it is; 0: nobody's yet
static pid_t ignored;  // it said what is no message
static int owed;       // the answer to the last signal; 0: none
static int patience_ms = -1;
static struct heard kept;  // the first of another client's
static jmp_buf next_message;

static inline void answer(void) {
  if (owed == 0) return;
  BEFORE_SIGNAL();
  kill(client, owed);
  owed = 0;
  AFTER_SIGNAL();
}

// The next signal of this client. When it has died, another one's begins the next message. 0: none
// came in time.
static inline int hear(void) {
  answer();
  for (;;) {
    const struct heard heard = kept.signal ? kept : talk_wait(patience_ms);
    kept.signal = 0;
    if (heard.signal == 0) return 0;
    if (heard.from == ignored) continue;
    if (client != 0 && heard.from != client) {
      if (is_alive(client)) continue;
      kept = heard;
      longjmp(next_message, 1);
    }
    client = heard.from;
    owed = SIGUSR1;
    return heard.signal;
  }
}

static inline _Noreturn void ignore_client(void) {
  ignored = client;
  longjmp(next_message, 1);
}

static inline int hear_bit(void) { return hear() == ONE; }

static inline unsigned char hear_byte(void) {
  unsigned char byte = 0;
  for (int i = 0; i < 8; ++i) byte = (unsigned char)(byte << 1 | hear_bit());
  return byte;
}

static inline uint32_t hear_number(void) {
  uint32_t number = 0;
  for (int i = 0; i < 32; ++i) number = number << 1 | (uint32_t)hear_bit();
  return number;
}

static inline void hear_text(size_t bytes) {
  if (bytes > TEXT_MAX) ignore_client();
  while (length < bytes) text[length++] = (char)hear_byte();
}

// All bytes before the NUL.
static inline void hear_text_and_nul(void) {
  for (char c = 0; (c = (char)hear_byte()) != '\0'; text[length++] = c) {
    if (length == TEXT_MAX) ignore_client();
  }
}

static inline _Noreturn void serve(void (*hear_message)(void)) {
  talk_open();
  print_pid();
  for (;;) {
    if (setjmp(next_message) == 0) {
      hear_message();
      text[length] = '\n';
      write_all(text, length + 1);
      answer();
    }
    client = 0;
    owed = 0;
    length = 0;
    patience_ms = -1;
  }
}

#else

static pid_t server;

static inline void await_answer(int signal) {
  struct heard heard;
  do {
    heard = talk_wait(ANSWER_MS);
    if (heard.signal == 0) fail("the server does not answer");
  } while (heard.from != server || heard.signal != signal);
}

static inline void say(int signal) {
  BEFORE_SIGNAL();
  signal_server(server, signal);
  AFTER_SIGNAL();
  await_answer(SIGUSR1);
}

static inline void say_bit(int bit) { say(bit ? ONE : ZERO); }

static inline void say_byte(char byte) {
  for (int i = 7; i >= 0; --i) say_bit(byte >> i & 1);
}

static inline void say_number(uint32_t number) {
  for (int i = 31; i >= 0; --i) say_bit(number >> i & 1);
}

static inline void say_text(const char *text) {
  while (*text != '\0') say_byte(*text++);
}

// The text of the command line; the server has been found.
static inline const char *open_client(int argc, char **argv) {
  server = server_of(argc, argv);
  talk_open();
  return argv[2];
}

#endif
#endif

// What the programs with one planted race each have in common, which is right: bits most
// significant first, SIGUSR1 is 0 and SIGUSR2 is 1, a NUL ends a message, SIGUSR1 is the answer.
#ifndef RACE_H
#define RACE_H

#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Both signals, to be blocked while a flag is looked at, and none, to wait with.
static sigset_t both, none;

// Handlers for both signals; `mask`: what is blocked while they run.
static inline void install(void (*handler)(int, siginfo_t *, void *), const sigset_t *mask) {
  struct sigaction action = {0};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO;
  action.sa_mask = *mask;
  sigaction(SIGUSR1, &action, NULL);
  sigaction(SIGUSR2, &action, NULL);
}

// REQUIRES before all else.
static inline void prepare(void) {
  sigemptyset(&none);
  sigemptyset(&both);
  sigaddset(&both, SIGUSR1);
  sigaddset(&both, SIGUSR2);
}

static inline void say_pid(void) {
  printf("%d\n", (int)getpid());
  fflush(stdout);
}

// Adds a bit to a byte, and prints it where it is whole.
static inline void add_bit(unsigned *byte, int *bits, int bit) {
  *byte = *byte << 1 | (unsigned)bit;
  if (++*bits < 8) return;
  const char out = *byte == 0 ? '\n' : (char)*byte;
  if (write(STDOUT_FILENO, &out, 1) < 0) _exit(1);
  *byte = 0;
  *bits = 0;
}

// Each bit of a text and of its NUL.
static inline void send_text(const char *text, void (*send_bit)(int)) {
  for (const char *c = text;; ++c) {
    for (int bit = 7; bit >= 0; --bit) send_bit(*c >> bit & 1);
    if (*c == '\0') return;
  }
}

#endif

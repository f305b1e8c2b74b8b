// What the pairs have in common. Each program is one file, which takes from here what it needs: the
// two signals received one at a time, the arguments of a client, and a text cut into bits.
#ifndef TALK_H
#define TALK_H

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

struct heard {
  int signal;  // 0: none came in time
  pid_t from;
};

static sigset_t talk_while_waiting;
static volatile struct heard talk_heard;

static inline void talk_on_signal(int signal, siginfo_t *info, void *context) {
  (void)context;
  talk_heard.signal = signal;
  talk_heard.from = info->si_pid;
}

static inline sigset_t both_signals(void) {
  sigset_t both;
  sigemptyset(&both);
  sigaddset(&both, SIGUSR1);
  sigaddset(&both, SIGUSR2);
  return both;
}

// `handler` for both signals; while it runs both are blocked.
static inline void handle_both(void (*handler)(int, siginfo_t *, void *)) {
  const struct sigaction action = {
      .sa_sigaction = handler, .sa_flags = SA_SIGINFO, .sa_mask = both_signals()};
  sigaction(SIGUSR1, &action, NULL);
  sigaction(SIGUSR2, &action, NULL);
}

// Blocks SIGUSR1 and SIGUSR2 but for the moments in which talk_wait() waits for them.
static inline void talk_open(void) {
  const sigset_t both = both_signals();
  sigprocmask(SIG_BLOCK, &both, &talk_while_waiting);
  sigdelset(&talk_while_waiting, SIGUSR1);
  sigdelset(&talk_while_waiting, SIGUSR2);
  handle_both(talk_on_signal);
}

// Waits for one of them, at most so many milliseconds; -1: without a timeout. pselect() unblocks
// and sleeps in one step: none can slip in between looking and sleeping.
static inline struct heard talk_wait(int milliseconds) {
  const struct timespec timeout = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
  talk_heard.signal = 0;
  talk_heard.from = 0;
  pselect(0, NULL, NULL, NULL, milliseconds < 0 ? NULL : &timeout, &talk_while_waiting);
  return (struct heard){talk_heard.signal, talk_heard.from};
}

static inline bool is_alive(pid_t pid) { return kill(pid, 0) == 0 || errno == EPERM; }

static inline _Noreturn void fail(const char *reason) {
  fprintf(stderr, "%s\n", reason);
  exit(EXIT_FAILURE);
}

// ---- Servers

static inline void print_pid(void) {
  printf("%d\n", (int)getpid());
  fflush(stdout);
}

// Writes everything to standard output, or ends the program.
static inline void write_all(const char *bytes, size_t size) {
  while (size > 0) {
    const ssize_t written = write(STDOUT_FILENO, bytes, size);
    if (written < 0 && errno != EINTR) exit(EXIT_FAILURE);
    if (written > 0) {
      bytes += written;
      size -= (size_t)written;
    }
  }
}

// ---- Clients

// The server of `client PID TEXT`. Whatever else is given ends the program.
static inline pid_t server_of(int argc, char **argv) {
  if (argc != 3) fail("usage: client PID TEXT");
  const char *text = argv[1];
  if (*text == '\0' || text[strspn(text, "0123456789")] != '\0') fail("the pid is not a number");
  errno = 0;
  const long pid = strtol(text, NULL, 10);
  if (errno != 0 || pid <= 1 || pid > INT_MAX || pid == getpid()) fail("no such server");
  return (pid_t)pid;
}

static inline void signal_server(pid_t server, int signal) {
  if (kill(server, signal) == -1) fail("the server cannot be signalled, or is gone");
}

// The text and its NUL, most significant bits first: SIGUSR1 is 0, SIGUSR2 is 1.
static inline void send_text(pid_t server, const char *text, void (*send_bit)(pid_t, int)) {
  do {
    for (int bit = 7; bit >= 0; --bit) send_bit(server, *text >> bit & 1 ? SIGUSR2 : SIGUSR1);
  } while (*text++ != '\0');
}

#endif

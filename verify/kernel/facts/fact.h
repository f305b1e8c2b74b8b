// What a fact about the kernel is made of. Each file beside this one asks the kernel one question,
// and is a program of its own: `cc one_slot_per_number.c && ./a.out` needs nothing but this header.
// It ends with 0 if the kernel does as Linux does, with 1 after a line on what was found instead,
// and with 77 where the question cannot be asked. minitalk-kernel-check is all of them together.
#pragma once

// A fact as minitalk-kernel-check has it.
struct fact {
  const char* name;     // of its file
  const char* linux_;   // what Linux does, in a sentence (`linux` alone is a macro)
  const char* matters;  // why a protocol of signals has to know
  // Runs in a process of its own; returns if all is as on Linux.
  void (*ask)(void);  // NOLINT(modernize-redundant-void-arg): C, too
};

// Exit statuses of such a program.
enum { kNotAsLinux = 1, kCannotBeAsked = 77 };

#ifndef __cplusplus
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// FACT(what Linux does, why it matters) { the question }
#ifdef FACT_SYMBOL
#define FACT(linux_, matters)                                        \
  static void ask(void);                                             \
  extern const struct fact FACT_SYMBOL;                              \
  const struct fact FACT_SYMBOL = {FACT_NAME, linux_, matters, ask}; \
  static void ask(void)
#else
#define FACT(linux_, matters)                      \
  static void ask(void);                           \
  int main(void) {                                 \
    dprintf(STDOUT_FILENO, "Linux: %s\n", linux_); \
    ask();                                         \
    dprintf(STDOUT_FILENO, "It is so here.\n");    \
    return 0;                                      \
  }                                                \
  static void ask(void)
#endif

// ---- The answer ---------------------------------------------------------------------------------

// Ends the fact: here it cannot be asked, and this is why.
__attribute__((format(printf, 1, 2), noreturn)) static inline void skip(const char* format, ...) {
  va_list words;
  va_start(words, format);
  vdprintf(STDOUT_FILENO, format, words);
  va_end(words);
  _exit(kCannotBeAsked);
}

// Ends the fact unless `holds`: this was found instead.
__attribute__((format(printf, 2, 3))) static inline void expect(int holds, const char* format,
                                                                ...) {
  if (holds) return;
  va_list words;
  va_start(words, format);
  vdprintf(STDOUT_FILENO, format, words);
  va_end(words);
  _exit(kNotAsLinux);
}

// Ends the fact if a call failed that does not on Linux. Returns its result.
static inline long require(long result, const char* call) {
  expect(result >= 0, "%s: %s", call, strerror(errno));
  return result;
}

// Ends the fact unless both texts are the same.
static inline void expect_text(const char* found, const char* wanted) {
  expect(strcmp(found, wanted) == 0, "\"%s\" instead of \"%s\"", found, wanted);
}

// ---- The four slots -----------------------------------------------------------------------------
// By letter, in the order in which Linux hands them out:
//   a  private USR1    b  private USR2    c  shared USR1    d  shared USR2

static const struct timespec kNoTime = {0, 0};
static const struct timespec kLong = {20, 0};  // where a kernel is expected to answer at once

// SIGUSR1 and SIGUSR2.
static inline sigset_t both_signals(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGUSR2);
  return set;
}
// Both are blocked from now on.
static inline void block_both(void) {
  const sigset_t both = both_signals();
  sigprocmask(SIG_BLOCK, &both, NULL);
}

// Lets both come: those that are pending at once.
static inline void unblock_both(void) {
  const sigset_t both = both_signals();
  sigprocmask(SIG_UNBLOCK, &both, NULL);
}

// Of a slot, by its letter.
static inline int number_of(char slot) { return slot == 'a' || slot == 'c' ? SIGUSR1 : SIGUSR2; }
static inline int is_private(char slot) { return slot == 'a' || slot == 'b'; }

// Sends a signal to each of these slots, one after the other.
static inline void fill(pid_t pid, const char* slots) {
  for (; *slots != '\0'; ++slots) {
    const int number = number_of(*slots);
    require(is_private(*slots) ? syscall(SYS_tgkill, pid, pid, number) : kill(pid, number),
            is_private(*slots) ? "tgkill" : "kill");
  }
}

// The raw rt_sigtimedwait on both: the number, or -1 with errno. NULL waits for ever.
static inline int take_within(siginfo_t* info, const struct timespec* timeout) {
  const sigset_t both = both_signals();
  return (int)syscall(SYS_rt_sigtimedwait, &both, info, timeout, 8);
}

// The next pending signal's number, or -1: nothing is pending. Does not wait.
static inline int take(siginfo_t* info) {
  memset(info, 0, sizeof *info);
  return take_within(info, &kNoTime);
}

// The letters of all that is pending, in the order of taking.
static inline const char* take_all(void) {
  static char letters[17];
  int count = 0;
  siginfo_t info;
  for (int number; count < 16 && (number = take(&info)) > 0; ++count) {
    letters[count] = "abcd"[(info.si_code == SI_TKILL ? 0 : 2) + (number == SIGUSR2 ? 1 : 0)];
  }
  letters[count] = '\0';
  return letters;
}

// ---- Siginfo, pidfds, limits --------------------------------------------------------------------

enum { kTravel = 48 };  // bytes of a siginfo that a sender can fill

// Different bytes for each slot, with a negative code.
static inline siginfo_t info_of(char slot) {
  siginfo_t info;
  memset(&info, 0, sizeof info);
  for (int i = 4; i < kTravel; ++i) ((unsigned char*)&info)[i] = (unsigned char)(i * 5 + slot);
  info.si_signo = number_of(slot);
  info.si_code = -1000 - slot;
  return info;
}

// Ends the fact where there are no pidfds.
static inline int open_pidfd(pid_t pid) {
  return (int)require(syscall(SYS_pidfd_open, pid, 0), "pidfd_open");
}

// Sends to a slot with that siginfo.
static inline void fill_with(pid_t pid, char slot, const siginfo_t* info) {
  const int number = number_of(slot);
  require(is_private(slot) ? syscall(SYS_rt_tgsigqueueinfo, pid, pid, number, info)
                           : syscall(SYS_rt_sigqueueinfo, pid, number, info),
          is_private(slot) ? "rt_tgsigqueueinfo" : "rt_sigqueueinfo");
}

// Lets this process have no queued signals pending. 0, or -1 with errno.
static inline int forbid_queue(void) {
  const struct rlimit none = {0, 0};
  return setrlimit(RLIMIT_SIGPENDING, &none);
}

// ---- Processes ----------------------------------------------------------------------------------

// Forks. The child dies with its parent.
static inline pid_t start(void) {
  const pid_t pid = (pid_t)require(fork(), "fork");
  if (pid == 0) prctl(PR_SET_PDEATHSIG, SIGKILL);
  return pid;
}

// Waits until a child has ended: its exit status. Where it has ended the fact, this process does,
// too.
static inline int await(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  expect(WIFEXITED(status), "a child ended by signal %d", WTERMSIG(status));
  const int code = WEXITSTATUS(status);
  if (code == kNotAsLinux || code == kCannotBeAsked) _exit(code);
  return code;
}

// Another process sends to this one. Returns its pid when it has ended.
static inline pid_t by_another(void (*send)(pid_t receiver)) {
  const pid_t receiver = getpid();
  const pid_t sender = start();
  if (sender == 0) {
    send(receiver);
    _exit(0);
  }
  await(sender);
  return sender;
}

// Takes the one signal that `sender` has sent; what it tells of itself has to be that.
static inline void expect_from(pid_t sender, int code, pid_t pid) {
  siginfo_t info;
  expect(take(&info) > 0, "nothing is pending");
  expect(info.si_code == code && info.si_pid == pid,
         "si_code %d, si_pid %d; the sender is %d, and %d with %d was expected", info.si_code,
         info.si_pid, sender, code, pid);
}

// Sleeps, if no handler runs, for so many milliseconds.
static inline void sleep_ms(long milliseconds) {
  const struct timespec pause = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  nanosleep(&pause, NULL);
}

// ---- /proc --------------------------------------------------------------------------------------

// A mask of /proc/PID/status such as "SigCgt". Skips the fact where there is no such line.
static inline unsigned long long mask_of(pid_t pid, const char* key) {
  char path[40];
  char line[200];
  snprintf(path, sizeof path, "/proc/%d/status", pid);
  FILE* file = fopen(path, "r");
  if (file == NULL) skip("there is no /proc/PID/status");
  unsigned long long mask = 0;
  int found = 0;
  while (found == 0 && fgets(line, sizeof line, file) != NULL) {
    if (strncmp(line, key, strlen(key)) == 0 && line[strlen(key)] == ':') {
      found = sscanf(line + strlen(key) + 1, "%llx", &mask);
    }
  }
  fclose(file);
  expect(found == 1, "/proc/PID/status has no %s", key);
  return mask;
}

// The two in such a mask.
enum { kUsr1Bit = 1 << (SIGUSR1 - 1), kUsr2Bit = 1 << (SIGUSR2 - 1) };
#endif  // __cplusplus

// Two threads, each sent both signals by tgkill; each takes what is pending for it.
#include <pthread.h>

#include "fact.h"

static pid_t ids[2];
static char taken[2][17];
static pthread_barrier_t started;
static pthread_barrier_t sent;

static void* take_mine(void* number) {
  const int index = *(const int*)number;
  ids[index] = (pid_t)syscall(SYS_gettid);
  pthread_barrier_wait(&started);
  pthread_barrier_wait(&sent);
  siginfo_t info;
  for (int count = 0, signal; (signal = take(&info)) > 0 && count < 16; ++count) {
    taken[index][count] = signal == SIGUSR1 ? '1' : '2';
  }
  return NULL;
}

FACT("Each thread has a private pending set: tgkill fills the slots of the thread that it names.",
     "A receiver with K threads has 2K + 2 slots, and which one is filled is the message.") {
  block_both();
  pthread_barrier_init(&started, NULL, 3);
  pthread_barrier_init(&sent, NULL, 3);
  pthread_t threads[2];
  int numbers[2] = {0, 1};
  for (int each = 0; each < 2; ++each) {
    expect(pthread_create(&threads[each], NULL, take_mine, &numbers[each]) == 0, "pthread_create");
  }
  pthread_barrier_wait(&started);
  require(syscall(SYS_tgkill, getpid(), ids[0], SIGUSR2), "tgkill");
  require(syscall(SYS_tgkill, getpid(), ids[0], SIGUSR1), "tgkill");
  require(syscall(SYS_tgkill, getpid(), ids[1], SIGUSR2), "tgkill");
  pthread_barrier_wait(&sent);
  for (int each = 0; each < 2; ++each) pthread_join(threads[each], NULL);
  expect_text(taken[0], "12");
  expect_text(taken[1], "2");
  expect_text(take_all(), "");
}

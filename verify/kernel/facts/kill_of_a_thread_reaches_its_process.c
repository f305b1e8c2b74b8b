// A thread's id given to kill.
#include <pthread.h>

#include "fact.h"

static pid_t id;
static pthread_barrier_t step;

static void* be_named(void* unused) {
  id = (pid_t)syscall(SYS_gettid);
  pthread_barrier_wait(&step);
  pthread_barrier_wait(&step);
  return unused;
}

FACT("kill with a thread's id goes to the shared set of its process.",
     "Only tgkill reaches the slots of one thread.") {
  block_both();
  pthread_barrier_init(&step, NULL, 2);
  pthread_t thread;
  expect(pthread_create(&thread, NULL, be_named, NULL) == 0, "pthread_create");
  pthread_barrier_wait(&step);
  require(kill(id, SIGUSR1), "kill");
  expect_text(take_all(), "c");
  pthread_barrier_wait(&step);
  pthread_join(thread, NULL);
}

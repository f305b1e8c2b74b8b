// Notes a process in the file that $EXTERNAL_PIDS names, so that the test can look for it.
#ifndef EXTERNAL_NOTE_H
#define EXTERNAL_NOTE_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void note_pid(pid_t pid) {
  const char *path = getenv("EXTERNAL_PIDS");
  if (path == NULL) return;
  int file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (file < 0) return;
  dprintf(file, "%d\n", (int)pid);
  close(file);
}

#endif

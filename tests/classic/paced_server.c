/* A server that answers nothing and does all its work in the handler.
   msb,usr1=1,len64,ack=none */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

static uint64_t g_value, g_length;
static int g_bits, g_in_body;

static void end_message(void) {
  g_in_body = 0;
  if (write(STDOUT_FILENO, "\n", 1) < 0) _exit(1);
}

static void take(int number) {
  g_value = g_value << 1 | (number == SIGUSR1);
  if (++g_bits < (g_in_body ? 8 : 64)) return;
  if (!g_in_body) {
    g_length = g_value;
    g_in_body = 1;
    if (g_length == 0) end_message();
  } else {
    const char byte = (char)g_value;
    if (write(STDOUT_FILENO, &byte, 1) < 0) _exit(1);
    if (--g_length == 0) end_message();
  }
  g_value = 0;
  g_bits = 0;
}

int main(void) {
  struct sigaction action = {0};

  action.sa_handler = take;
  sigemptyset(&action.sa_mask);
  sigaddset(&action.sa_mask, SIGUSR1);
  sigaddset(&action.sa_mask, SIGUSR2);
  sigaction(SIGUSR1, &action, NULL);
  sigaction(SIGUSR2, &action, NULL);
  printf("Server started, pid %d\n", getpid());
  fflush(stdout);
  for (;;) pause();
}

/* The client of paced_server: a pause after each bit (milliseconds: the third argument), no
   handlers. An answer would kill it.
   msb,usr1=1,len64,ack=none */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static pid_t g_server;
static struct timespec g_pause;

static void send_bits(uint64_t value, int count) {
  for (int i = count - 1; i >= 0; i--) {
    if (kill(g_server, value >> i & 1 ? SIGUSR1 : SIGUSR2) != 0) exit(1);
    nanosleep(&g_pause, NULL);
  }
}

int main(int argc, char **argv) {
  if (argc != 4 || (g_server = atoi(argv[1])) <= 1) return 2;
  g_pause.tv_nsec = atoi(argv[3]) * 1000000L;
  send_bits(strlen(argv[2]), 64);
  for (const char *c = argv[2]; *c; c++) send_bits((unsigned char)*c, 8);
  return 0;
}

/* The client of sigwait_server, without any handler either.
   lsb,usr1=1,len32,ack=bit,acksig=usr2 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static pid_t g_server;
static sigset_t g_ack;

static void send_bits(uint32_t value, int count) {
  for (int i = 0; i < count; i++) {
    if (kill(g_server, value >> i & 1 ? SIGUSR1 : SIGUSR2) != 0) exit(1);
    while (sigwaitinfo(&g_ack, NULL) < 0) {
    }
  }
}

int main(int argc, char **argv) {
  if (argc != 3 || (g_server = atoi(argv[1])) <= 1) return 2;
  sigemptyset(&g_ack);
  sigaddset(&g_ack, SIGUSR2);
  sigprocmask(SIG_BLOCK, &g_ack, NULL);
  send_bits((uint32_t)strlen(argv[2]), 32);
  for (const char *c = argv[2]; *c; c++) send_bits((unsigned char)*c, 8);
  return 0;
}

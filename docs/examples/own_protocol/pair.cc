// A server and a client that know one protocol, and nothing else:
//
//   own_pair server &                 prints its pid
//   own_pair client PID "hello"
#include <cstdio>
#include <string>

#include "apps/programs.h"

extern const minitalk::ProtocolInfo kNrzi;

int main(int argc, char** argv) {
  const minitalk::ProtocolInfo* const menu[] = {&kNrzi};
  const std::string program = argc > 1 ? argv[1] : "";
  if (program == "server") return minitalk::ServerProgram(argc - 1, argv + 1, menu);
  if (program == "client") return minitalk::ClientProgram(argc - 1, argv + 1, menu);
  std::fprintf(stderr, "usage: own_pair server|client [options]\n");
  return 64;
}

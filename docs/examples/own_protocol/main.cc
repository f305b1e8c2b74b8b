// Every program of minitalk with one protocol more:
//
//   own_protocol server &                             prints its pid
//   own_protocol client PID "hello" --protocol nrzi
//   own_protocol bench --benchmark_filter=^nrzi/256/
//   own_protocol verify --filter=nrzi
#include <cstdio>
#include <string>
#include <vector>

#include "apps/programs.h"
#include "bench/program.h"
#include "protocols/registry.h"
#include "verify/program.h"

extern const minitalk::ProtocolInfo kNrzi;

int main(int argc, char** argv) {
  std::vector<const minitalk::ProtocolInfo*> menu{&kNrzi};
  for (const minitalk::ProtocolInfo* info : minitalk::AllProtocols()) menu.push_back(info);

  const std::string program = argc > 1 ? argv[1] : "";
  if (program == "server") return minitalk::ServerProgram(argc - 1, argv + 1, menu);
  if (program == "client") return minitalk::ClientProgram(argc - 1, argv + 1, menu);
  if (program == "bench") return minitalk::BenchProgram(argc - 1, argv + 1, menu);
  if (program == "verify") return minitalk::verify::Program(argc - 1, argv + 1, menu);
  std::fprintf(stderr, "usage: own_protocol server|client|bench|verify [options]\n");
  return 64;
}

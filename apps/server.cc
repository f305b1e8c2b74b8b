// ./server.
#include "apps/programs.h"
#include "protocols/registry.h"

int main(int argc, char** argv) {
  return minitalk::ServerProgram(argc, argv, minitalk::AllProtocols());
}

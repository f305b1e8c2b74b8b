// ./client.
#include "apps/programs.h"
#include "protocols/registry.h"

int main(int argc, char** argv) {
  return minitalk::ClientProgram(argc, argv, minitalk::AllProtocols());
}

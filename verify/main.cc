// minitalk-verify: `make verify`.
#include "protocols/registry.h"
#include "verify/program.h"

int main(int argc, char** argv) {
  return minitalk::verify::Program(argc, argv, minitalk::AllProtocols());
}

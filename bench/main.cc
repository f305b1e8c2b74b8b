// minitalk-bench: `make bench`.
#include "bench/program.h"
#include "protocols/registry.h"

int main(int argc, char** argv) {
  return minitalk::BenchProgram(argc, argv, minitalk::AllProtocols());
}

#include "bench/busy.h"

namespace minitalk {
namespace {

int UseTheCpu() {
  volatile bool for_ever = true;
  while (for_ever) {
  }
  return 0;
}

}  // namespace

BusyProcesses::BusyProcesses(int count) {
  for (int i = 0; i < count; ++i) processes_.emplace_back(UseTheCpu);
}

}  // namespace minitalk

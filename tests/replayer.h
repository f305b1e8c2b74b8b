// Walks real processes through the steps of a run that the explorer has found, one after the other,
// and says in the explorer's own words what the kernel made of each.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "process_harness.h"
#include "verify/transfer.h"

namespace minitalk {

// What the model says will happen.
struct Prediction {
  verify::TransferSetup setup;
  verify::Message message;
  std::vector<verify::Step> steps;
  verify::Transfer::Blank blank = verify::Transfer::Blank::kMessage;
};

// What happened.
struct Replayed {
  // Where it left the prediction, and how; then it ends there. Empty: nowhere.
  std::string departure;
  std::size_t steps = 0;  // so many went as predicted
  // By the rules of verify::Transfer. kDeadlock and kLoses are certain: nothing is pending and
  // everybody who has not ended was seen asleep in the kernel.
  verify::Verdict verdict = verify::Verdict::kLossFree;
  std::vector<std::byte> received;  // the receiver's buffer
};

// `timeout` bounds each single step; a process that does not come back to the gate is a departure.
Replayed ReplayOnMachine(const Prediction& prediction,
                         std::chrono::milliseconds timeout = kHangGuard);

}  // namespace minitalk

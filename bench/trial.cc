#include "bench/trial.h"

#include <optional>

#include "bench/carriers/registry.h"
#include "bench/pair.h"
#include "bench/side.h"
#include "bench/statistics.h"

namespace minitalk {

double MedianLatencyNs(const Sample& sample) {
  if (sample.messages == 0) return 0;
  const auto begin = sample.latency_ns.begin();
  return Median(std::vector<double>(begin, begin + sample.messages));
}

Sample RunTrial(const Condition& condition, ProtocolMenu menu, std::uint64_t seed,
                const TrialLimits& limits) {
  SharedPage shared;
  std::optional<Carrier> carrier;
  if (const CarrierInfo* info = FindCarrier(condition.protocol)) carrier.emplace(*info);
  const std::function<Status(bool)> side = [&](bool sends) {
    return RunSide(*shared, condition, menu, seed, limits, carrier ? &*carrier : nullptr, sends);
  };
  Pair pair(shared, side);
  if (carrier) carrier->Become(End::kNeither, *condition.wait);
  pair.Run(limits.hard);
  return shared->sample;
}

double MeasureFloor(const Condition& condition, const TrialLimits& limits) {
  SharedPage shared;
  const std::function<Status(bool)> side = [&](bool sends) {
    return RunFloorSide(*shared, condition, limits, sends);
  };
  Pair(shared, side).Run(limits.hard);
  return shared->sample.floor_before_ns;
}

}  // namespace minitalk

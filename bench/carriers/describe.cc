#include "bench/carriers/describe.h"

#include "bench/carriers/registry.h"

namespace minitalk {
namespace {

using Json = nlohmann::ordered_json;

Json DescribeCarrier(const CarrierInfo& info) {
  Json waits = Json::array();
  for (const WaitMode mode : ModesOf(info)) waits.push_back(ToString(mode));
  return {{"name", info.name},
          {"alias", info.alias.empty() ? Json(nullptr) : Json(info.alias)},
          {"summary", info.summary},
          {"waits", waits},
          {"tells_death", info.tells_death},
          {"steps",
           {{"make", info.steps.make}, {"send", info.steps.send}, {"receive", info.steps.receive}}},
          {"costs",
           {{"system_calls", info.costs.system_calls},
            {"copies", info.costs.copies},
            {"step", info.costs.step},
            {"holds", info.costs.holds},
            {"name", info.costs.name}}}};
}

}  // namespace

Json DescribeCarriers() {
  Json carriers = Json::array();
  for (const CarrierInfo* info : AllCarriers()) carriers.push_back(DescribeCarrier(*info));
  return carriers;
}

}  // namespace minitalk

#include "bench/carriers/carrier.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bench/carriers/registry.h"

namespace minitalk {
namespace {

using Json = nlohmann::ordered_json;

End Opposite(End end) {
  if (end == End::kNeither) return end;
  return end == End::kSender ? End::kReceiver : End::kSender;
}

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

std::vector<WaitMode> ModesOf(const CarrierInfo& info) {
  std::vector<WaitMode> modes;
  if (info.sleeps) modes.push_back(WaitMode::kSleep);
  if (info.spins) modes.push_back(WaitMode::kSpin);
  return modes;
}

Carrier::Carrier(const CarrierInfo& info) : info_(info), there_(info.make()), back_(info.make()) {}

void Carrier::Become(End end, WaitMode wait) {
  const std::vector<WaitMode> modes = ModesOf(info_);
  if (std::ranges::find(modes, wait) == modes.end()) wait = modes.front();
  there_->Become(end, wait);
  back_->Become(Opposite(end), wait);
}

std::optional<std::byte> Carrier::AwaitReply() {
  std::byte verdict{};
  if (!back_->Read({&verdict, 1})) return std::nullopt;
  return verdict;
}

void DescribeCarriers(Json* object) {
  Json& carriers = (*object)["carriers"] = Json::array();
  for (const CarrierInfo* info : AllCarriers()) carriers.push_back(DescribeCarrier(*info));
}

}  // namespace minitalk

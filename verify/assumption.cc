#include "verify/assumption.h"

#include <vector>

namespace minitalk::verify {
namespace {

constexpr Rules kTimersLast{.pauses = Rules::Pauses::kLong};
constexpr Rules kKillTimersLast{.pauses = Rules::Pauses::kLong, .kills = 1};
constexpr Rules kLimitTimersLast{.pauses = Rules::Pauses::kLong, .limits = 1};

}  // namespace

std::span<const AssumptionInfo> AllAssumptions() {
#define ASSUMPTION(id, text, scope, ...) {Assumption::id, text, scope, __VA_ARGS__},
  static const std::vector<AssumptionInfo> all{
#include "verify/assumptions.inc"
  };
#undef ASSUMPTION
  return all;
}

const AssumptionInfo& InfoOf(Assumption assumption) {
  return AllAssumptions()[static_cast<std::size_t>(assumption)];
}

std::string_view ToString(Assumption assumption) { return InfoOf(assumption).text; }

}  // namespace minitalk::verify

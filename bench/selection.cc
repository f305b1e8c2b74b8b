#include "bench/selection.h"

#include <algorithm>
#include <iterator>
#include <regex>
#include <system_error>

#include "bench/carriers/registry.h"

namespace minitalk {
namespace {

// Why this machine cannot do a carrier; empty: it can.
std::string WhyNot(const CarrierInfo& info) {
  try {
    const Carrier carrier(info);
  } catch (const std::system_error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

std::vector<PlannedRow> SelectRows(const BenchOptions& options, const ThirdPartyPairs& pairs) {
  std::vector<PlannedRow> rows = AllRows(options.menu, options.sizes);
  for (const ThirdPartyPair& pair : pairs) {
    std::ranges::move(ThirdPartyRows(pair, options.sizes), std::back_inserter(rows));
  }
  std::ranges::move(ProgramRows(options.sizes), std::back_inserter(rows));
  if (options.filter.empty()) {
    if (!options.list) std::erase_if(rows, [](const auto& row) { return !row.in_default_suite; });
    return rows;
  }
  const bool negative = options.filter.front() == '-';
  const bool everything = options.filter == "all";  // as Google Benchmark has it
  const std::regex wanted(everything ? "." : options.filter.substr(negative ? 1 : 0));
  std::erase_if(rows, [&](const auto& row) {
    return std::regex_search(row.condition.Name(), wanted) == negative;
  });
  return rows;
}

std::vector<std::string_view> RowNames(const BenchOptions& options, const ThirdPartyPairs& pairs) {
  std::vector<std::string_view> names = NamesOf(options.menu);
  for (const CarrierInfo* info : AllCarriers()) names.push_back(info->name);
  for (const ThirdPartyPair& pair : pairs) names.push_back(pair.name);
  names.push_back(kProgram);
  return names;
}

std::vector<Warning> DropImpossible(std::vector<PlannedRow>* rows) {
  std::vector<Warning> warnings;
  std::erase_if(*rows, [](const auto& row) { return !ChooseCpus(row.condition.pin); });
  for (const CarrierInfo* info : AllCarriers()) {
    const auto is_this = [&](const auto& row) { return row.condition.protocol == info->name; };
    if (std::ranges::none_of(*rows, is_this)) continue;
    const std::string why = WhyNot(*info);
    if (why.empty()) continue;
    warnings.push_back(MakeWarning(WarningCode::kCarrierUnavailable,
                                   {{"carrier", std::string(info->name)}, {"reason", why}}));
    std::erase_if(*rows, is_this);
  }
  const auto is_program = [](const auto& row) { return row.condition.protocol == kProgram; };
  const std::string missing = MissingProgram();
  if (!missing.empty() && std::ranges::any_of(*rows, is_program)) {
    warnings.push_back(MakeWarning(WarningCode::kProgramUnavailable, {{"program", missing}}));
    std::erase_if(*rows, is_program);
  }
  return warnings;
}

}  // namespace minitalk

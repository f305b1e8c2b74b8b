#include "bench/condition.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <regex>
#include <set>
#include <system_error>

#include "bench/carriers/registry.h"
#include "bench/third_party.h"

namespace minitalk {
namespace {

struct Place {
  Pin pin;
  WaitMode wait;
};

// The two that make sense, the one that everybody gets by accident, and those where the kernel
// chooses the CPUs, by which `auto` is judged.
constexpr std::array kPlaces{
    Place{Pin::kSame, WaitMode::kSleep},  Place{Pin::kCross, WaitMode::kSpin},
    Place{Pin::kCross, WaitMode::kSleep}, Place{Pin::kCross, WaitMode::kAuto},
    Place{Pin::kNone, WaitMode::kSpin},   Place{Pin::kNone, WaitMode::kSleep},
    Place{Pin::kNone, WaitMode::kAuto}};
constexpr std::size_t kSweepSize = 256;
constexpr std::size_t kLargeSize = 4096;
constexpr std::array<std::size_t, 3> kSuiteSizes{16, kSweepSize, kLargeSize};
constexpr int kManyRepetitions = 1000;
constexpr int kSweepRepetitions = 4;    // many rows, and slow ones
constexpr int kCarrierRepetitions = 3;  // reference lines; they are steady
constexpr int kThirdPartyRepetitions = 3;
constexpr int kLargeThirdPartyRepetitions = 2;  // a thousand bytes a second are nothing unusual
constexpr std::array<std::size_t, 5> kProgramSizes{1, 16, 100, 1000, 10'000};
constexpr std::size_t kLongestProgramText = 100'000;  // of an argument
constexpr int kProgramRepetitions = 3;

bool IsSuitePlace(Pin pin, WaitMode wait) {
  return (pin == Pin::kSame && wait == WaitMode::kSleep) ||
         (pin == Pin::kCross && wait == WaitMode::kSpin);
}

bool IsSuiteSize(std::size_t size) {
  return std::ranges::find(kSuiteSizes, size) != kSuiteSizes.end();
}

// The suite: all sizes as text, and what makes a difference to some protocol at one size. A
// protocol that needs both ends to run at once is measured where they do.
bool InSuite(const Condition& condition, bool timed) {
  if (timed && condition.wait != WaitMode::kSpin) return false;
  const bool telling =
      condition.payload == PayloadKind::kRandom || condition.payload == PayloadKind::kZeros;
  return IsSuitePlace(condition.pin, *condition.wait) && IsSuiteSize(condition.size_bytes) &&
         (condition.payload == PayloadKind::kText ||
          (telling && condition.size_bytes == kSweepSize));
}

// A protocol that pauses needs seconds for what the others do in milliseconds.
int MostRepetitions(const Condition& condition, const ProtocolInfo& info) {
  if (info.loss_free) return kManyRepetitions;
  if (condition.size_bytes >= kLargeSize) return 1;
  return condition.payload == PayloadKind::kText ? kManyRepetitions : 2;
}

void AddSweep(const ProtocolInfo& info, std::vector<PlannedRow>* rows) {
  for (const std::uint32_t parameter : info.sweep) {
    if (parameter == info.default_parameter) continue;
    for (const Place place : kPlaces) {
      Condition condition{fmt::format("{}:{}", info.name, parameter), kSweepSize,
                          PayloadKind::kText, place.pin, place.wait};
      const bool in_suite = InSuite(condition, info.timed);
      rows->push_back({std::move(condition), in_suite, kSweepRepetitions});
    }
  }
}

bool Offers(const CarrierInfo& info, WaitMode wait) {
  return (wait == WaitMode::kSleep && info.sleeps) || (wait == WaitMode::kSpin && info.spins);
}

// The content makes no difference to a carrier: any can be asked for, the suite has text.
void AddCarrier(const CarrierInfo& info, std::size_t size, std::vector<PlannedRow>* rows) {
  for (const PayloadKind payload : kPayloads) {
    for (const Place place : kPlaces) {
      if (!Offers(info, place.wait)) continue;
      Condition condition{std::string(info.name), size, payload, place.pin, place.wait};
      const bool in_suite = payload == PayloadKind::kText && InSuite(condition, false);
      rows->push_back({std::move(condition), in_suite, kCarrierRepetitions});
    }
  }
}

// Of programs as they are: what they can be given as an argument, everywhere.
std::vector<PlannedRow> RowsOfPrograms(const std::string& name, std::size_t size) {
  std::vector<PlannedRow> rows;
  for (const PayloadKind payload : {PayloadKind::kText, PayloadKind::kUtf8}) {
    for (const Pin pin : {Pin::kSame, Pin::kCross, Pin::kNone}) {
      rows.push_back({{name, size, payload, pin, std::nullopt}, false, kProgramRepetitions});
    }
  }
  return rows;
}

bool IsText(const PlannedRow& row) { return row.condition.payload == PayloadKind::kText; }

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

std::string Condition::Name() const {
  return fmt::format("{}/{}/{}/{}/{}", protocol, size_bytes, ToString(payload), ToString(pin),
                     WaitName());
}

std::vector<PlannedRow> AllRows(ProtocolMenu menu, const std::vector<std::size_t>& sizes) {
  std::vector<PlannedRow> rows;
  for (const ProtocolInfo* info : menu) {
    for (const std::size_t size : sizes) {
      for (const PayloadKind payload : kPayloads) {
        for (const Place place : kPlaces) {
          Condition condition{std::string(info->name), size, payload, place.pin, place.wait};
          const bool in_suite = InSuite(condition, info->timed);
          const int most = MostRepetitions(condition, *info);
          rows.push_back({std::move(condition), in_suite, most});
        }
      }
    }
    if (!info->parameter_unit.empty()) AddSweep(*info, &rows);
  }
  for (const CarrierInfo* info : AllCarriers()) {
    for (const std::size_t size : sizes) AddCarrier(*info, size, &rows);
  }
  return rows;
}

std::vector<PlannedRow> ThirdPartyRows(const ThirdPartyPair& pair, std::vector<std::size_t> sizes) {
  if (std::ranges::find(sizes, 1u) == sizes.end()) sizes.insert(sizes.begin(), 1);
  std::erase_if(sizes, [&](std::size_t size) { return size > pair.LongestText(); });
  std::vector<PlannedRow> rows;
  for (const std::size_t size : sizes) {
    const int most = size >= kLargeSize ? kLargeThirdPartyRepetitions : kThirdPartyRepetitions;
    for (PlannedRow& row : RowsOfPrograms(pair.name, size)) {
      row.in_default_suite = IsText(row) && (size == 1 || IsSuiteSize(size));
      row.most_repetitions = most;
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

std::vector<PlannedRow> ProgramRows(const std::vector<std::size_t>& sizes) {
  std::set<std::size_t> all(sizes.begin(), sizes.end());
  all.insert(kProgramSizes.begin(), kProgramSizes.end());
  all.erase(all.upper_bound(kLongestProgramText), all.end());
  std::vector<PlannedRow> rows;
  for (const std::size_t size : all) {
    const bool usual = std::ranges::find(kProgramSizes, size) != kProgramSizes.end();
    for (PlannedRow& row : RowsOfPrograms(std::string(kProgram), size)) {
      row.in_default_suite = IsText(row) && usual && row.condition.pin != Pin::kCross;
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

std::vector<PlannedRow> SelectRows(const BenchOptions& options,
                                   const std::vector<ThirdPartyPair>& pairs) {
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

std::vector<std::string_view> RowNames(const BenchOptions& options,
                                       const std::vector<ThirdPartyPair>& pairs) {
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

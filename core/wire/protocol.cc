#include "core/wire/protocol.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/wire/text.h"

namespace minitalk {
namespace {

ProtocolChoice Choose(const ProtocolInfo& info, std::uint32_t parameter) {
  return {&info, parameter, info.make(parameter)};
}

// The first one from 1 on. There are more numbers than anybody has protocols.
int FreeNumber(ProtocolMenu menu) {
  int number = 1;
  while (std::ranges::any_of(menu, [&](const auto* info) { return info->id == number; })) ++number;
  return number;
}

}  // namespace

std::string_view KindOf(const ProtocolInfo& info) {
  if (info.payload) return "payload";
  return info.private_lane ? "pending-set" : "signal-number";
}

std::string ProtocolChoice::Name() const {
  if (info->parameter_unit.empty() || parameter == info->default_parameter) {
    return std::string(info->name);
  }
  return fmt::format("{}:{}", info->name, parameter);
}

std::optional<std::string> WhyBad(ProtocolMenu menu) {
  for (auto entry = menu.begin(); entry != menu.end(); ++entry) {
    const ProtocolInfo& info = **entry;
    // Otherwise a parameter or an option would be read into it, and names are parts of row names.
    constexpr std::string_view kGood = "abcdefghijklmnopqrstuvwxyz0123456789_-";
    if (info.name.empty() || info.name == "auto" || info.name.front() == '-' ||
        info.name.find_first_not_of(kGood) != std::string_view::npos) {
      return fmt::format("\"{}\" is no name for a protocol: small letters, digits, - and _",
                         info.name);
    }
    if (info.id == 0) return fmt::format("the protocol \"{}\" has no number", info.name);
    for (auto other = menu.begin(); other != entry; ++other) {
      if ((*other)->name == info.name) {
        return fmt::format("two protocols are called \"{}\"", info.name);
      }
      if ((*other)->id == info.id) {
        return fmt::format("the protocols \"{}\" and \"{}\" have the same number, {}; {} is free",
                           (*other)->name, info.name, info.id, FreeNumber(menu));
      }
    }
  }
  return std::nullopt;
}

std::vector<std::string_view> NamesOf(ProtocolMenu menu) {
  std::vector<std::string_view> names;
  for (const ProtocolInfo* info : menu) names.push_back(info->name);
  return names;
}

std::optional<ProtocolChoice> ChooseProtocol(ProtocolMenu menu, std::string_view text) {
  const auto colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  for (const ProtocolInfo* info : menu) {
    if (text == "auto" && info->loss_free && !info->payload)
      return Choose(*info, info->default_parameter);
    if (name != info->name) continue;
    if (colon == std::string_view::npos) return Choose(*info, info->default_parameter);
    const auto parameter = ParseWhole<std::uint32_t>(text.substr(colon + 1));
    if (!parameter || info->parameter_unit.empty()) return std::nullopt;
    return Choose(*info, *parameter);
  }
  return std::nullopt;
}

std::string WhyUnknown(ProtocolMenu menu, std::string_view text) {
  const std::string_view name = text.substr(0, text.find(':'));
  auto names = NamesOf(menu);
  names.emplace_back("auto");
  if (std::ranges::find(names, name) == names.end()) {
    return fmt::format("unknown protocol \"{}\"{}", text, DidYouMean(name, names));
  }
  for (const ProtocolInfo* info : menu) {
    if (name != info->name || info->parameter_unit.empty()) continue;
    return fmt::format("\"{}\" is not 0 to {} {}", text.substr(name.size() + 1),
                       std::numeric_limits<std::uint32_t>::max(), info->parameter_unit);
  }
  return fmt::format("\"{}\" takes no parameter", name);
}

std::optional<ProtocolChoice> ChooseProtocol(ProtocolMenu menu, std::uint8_t id,
                                             std::uint32_t parameter) {
  for (const ProtocolInfo* info : menu) {
    if (info->id == id) return Choose(*info, parameter);
  }
  return std::nullopt;
}

}  // namespace minitalk

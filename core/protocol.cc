#include "core/protocol.h"

#include <fmt/format.h>

#include <charconv>

namespace minitalk {
namespace {

ProtocolChoice Choose(const ProtocolInfo& info, std::uint32_t parameter) {
  return {&info, parameter, info.make(parameter)};
}

std::optional<std::uint32_t> ParseParameter(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string ProtocolChoice::Name() const {
  if (info->parameter_unit.empty() || parameter == info->default_parameter) {
    return std::string(info->name);
  }
  return fmt::format("{}:{}", info->name, parameter);
}

std::optional<ProtocolChoice> ChooseProtocol(ProtocolMenu menu, std::string_view text) {
  const auto colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  for (const ProtocolInfo* info : menu) {
    if (text == "auto" && info->loss_free && !info->payload)
      return Choose(*info, info->default_parameter);
    if (name != info->name) continue;
    if (colon == std::string_view::npos) return Choose(*info, info->default_parameter);
    const auto parameter = ParseParameter(text.substr(colon + 1));
    if (!parameter || info->parameter_unit.empty()) return std::nullopt;
    return Choose(*info, *parameter);
  }
  return std::nullopt;
}

std::optional<ProtocolChoice> ChooseProtocol(ProtocolMenu menu, std::uint8_t id,
                                             std::uint32_t parameter) {
  for (const ProtocolInfo* info : menu) {
    if (info->id == id) return Choose(*info, parameter);
  }
  return std::nullopt;
}

}  // namespace minitalk

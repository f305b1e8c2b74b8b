#include "apps/cli/describe.h"

#include <fmt/format.h>

#include <algorithm>

#include "apps/cli/screen.h"

namespace minitalk {
namespace {

using Json = nlohmann::ordered_json;

std::vector<std::string> SortedNames(const std::set<CLI::Option*>& options) {
  std::vector<std::string> names;
  for (const CLI::Option* option : options) names.push_back(option->get_name());
  std::ranges::sort(names);
  return names;
}

// What stands for the value: a word for it, or all that it may be.
Json DescribeValue(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return nullptr;
  // "N:INT in [1 - 64]", "TEXT:{same,cross}", "NAME[:N]".
  const std::string type = option.get_type_name();
  std::size_t colon = type.find(':');
  if (colon > 0 && colon != std::string::npos && type[colon - 1] == '[') colon = std::string::npos;
  const std::string rest = colon == std::string::npos ? "" : type.substr(colon + 1);
  if (rest.starts_with("{"))
    return {{"choices", CLI::detail::split(rest.substr(1, rest.size() - 2), ',')}};
  const std::string name = type.substr(0, colon);
  Json value = {{"name", name == "INT" || name == "UINT" ? "N" : name}};
  if (const std::size_t range = rest.find('['); range != std::string::npos) {
    value["range"] = rest.substr(range + 1, rest.size() - range - 2);
  }
  return value;
}

Json DescribeOption(const CLI::Option& option) {
  Json names = Json::array();
  if (option.get_positional()) names.push_back(option.get_name());
  for (const auto& name : option.get_snames()) names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) names.push_back("--" + name);
  const std::string usual = option.get_default_str();
  return {{"names", names},
          {"value", DescribeValue(option)},
          {"default", usual.empty() ? Json(nullptr) : Json(usual)},
          {"repeats", option.get_items_expected_max() > 1},
          {"help", option.get_description()},
          {"needs", SortedNames(option.get_needs())},
          {"excludes", SortedNames(option.get_excludes())}};
}

Json OrNull(double bound) { return bound > 0 ? Json(bound) : Json(nullptr); }

// What a protocol has to have beside two signals and kill().
Json NeedsOf(const ProtocolInfo& info) {
  Json needs = Json::array();
  if (info.payload) needs.push_back("payload");
  if (info.private_lane) needs.push_back("private lane");
  if (info.timed) needs.push_back("both ends always run");
  return needs;
}

Json DescribeParameter(const ProtocolInfo& info) {
  if (info.parameter_unit.empty()) return nullptr;
  return {{"unit", info.parameter_unit},
          {"default", info.default_parameter},
          {"sweep", std::vector(info.sweep.begin(), info.sweep.end())}};
}

}  // namespace

std::string ExitStatusHelp(const Manual& manual) {
  constexpr std::size_t kIndent = 6;
  std::string text = fmt::format("Exit status{}:\n", manual.exit_note);
  for (const ExitStatus& entry : manual.exit_statuses) {
    text += Entry(fmt::format("  {}", entry.status), entry.when, kIndent + 1);
  }
  text.pop_back();
  return text;
}

Json Describe(const CLI::App& app, const Manual& manual) {
  Json object = {{"schema", "minitalk.describe/1"}, {"name", app.get_name()},
                 {"version", MINITALK_VERSION},     {"description", app.get_description()},
                 {"positionals", Json::array()},    {"options", Json::array()},
                 {"exit_statuses", Json::array()}};
  for (const CLI::Option* option : app.get_options()) {
    object[option->get_positional() ? "positionals" : "options"].push_back(DescribeOption(*option));
  }
  for (const ExitStatus& entry : manual.exit_statuses) {
    object["exit_statuses"].push_back({{"status", entry.status}, {"when", entry.when}});
  }
  if (manual.knows) object.update(manual.knows());
  return object;
}

Json DescribeProtocols(ProtocolMenu menu) {
  Json protocols = Json::array();
  const auto usual = ChooseProtocol(menu, "auto");
  for (const ProtocolInfo* info : menu) {
    const Rate rate = BitsPerRound(info->rounds);
    protocols.push_back({{"name", info->name},
                         {"id", info->id},
                         {"kind", KindOf(*info)},
                         {"summary", info->summary},
                         {"loss_free", info->loss_free},
                         {"default", usual && usual->info == info},
                         {"needs", NeedsOf(*info)},
                         {"bits_per_round_max", OrNull(rate.most)},
                         {"bits_per_round_random", OrNull(rate.random)},
                         {"parameter", DescribeParameter(*info)}});
  }
  return protocols;
}

}  // namespace minitalk

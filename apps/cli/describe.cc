#include "apps/cli/describe.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace minitalk {
namespace {

using Json = nlohmann::ordered_json;

Json OrNull(bool exists, Json value) { return exists ? std::move(value) : Json(nullptr); }

// What stands for the value: a word for it, or all that it may be.
Json DescribeValue(const Option& option) {
  if (option.flag()) return nullptr;
  if (!option.choices.empty()) return {{"choices", option.choices}};
  Json value = {{"name", option.kind}};
  // Seconds say what they are; their range is wider than anybody wants.
  if (option.range && option.kind == "N") {
    value["range"] = fmt::format("{} - {}", option.range->least, option.range->most);
  }
  return value;
}

Json DescribeOption(const Option& option, const std::vector<Option>& all) {
  std::vector<std::string> excludes = option.excludes;
  for (const Option& other : all) {
    if (std::ranges::count(other.excludes, option.name) > 0) excludes.push_back(other.name);
  }
  std::ranges::sort(excludes);
  const auto comma = option.name.find(',');
  std::vector<std::string> names{option.name.substr(0, comma)};
  if (comma != std::string::npos) names.push_back(option.name.substr(comma + 1));
  return {{"names", names},
          {"value", DescribeValue(option)},
          {"default", OrNull(!option.usual.empty(), option.usual)},
          {"repeats", option.repeats()},
          {"help", option.help},
          {"needs", option.needs},
          {"excludes", excludes}};
}

// What a protocol has to have beside two signals and kill().
Json NeedsOf(const ProtocolInfo& info) {
  Json needs = Json::array();
  if (info.payload) needs.push_back("payload");
  if (info.private_lane) needs.push_back("private lane");
  if (info.threads) needs.push_back("threads");
  if (info.timed) needs.push_back("both ends always run");
  return needs;
}

Json DescribeParameter(const ProtocolInfo& info) {
  if (info.parameter_unit.empty()) return nullptr;
  return {{"unit", info.parameter_unit},
          {"default", info.default_parameter},
          {"sweep", std::vector(info.sweep.begin(), info.sweep.end())}};
}

Json DescribeProtocols(ProtocolMenu menu) {
  Json protocols = Json::array();
  const auto usual = ChooseProtocol(menu, "auto");
  for (const ProtocolInfo* info : menu) {
    const Rate rate = BitsPerRound(info->rounds);
    const auto bound = [](double bits) { return OrNull(bits > 0, bits); };
    protocols.push_back({{"name", info->name},
                         {"id", info->id},
                         {"kind", KindOf(*info)},
                         {"summary", info->summary},
                         {"loss_free", info->loss_free},
                         {"default", usual && usual->info == info},
                         {"needs", NeedsOf(*info)},
                         {"bits_per_round_max", bound(rate.most)},
                         {"bits_per_round_random", bound(rate.random)},
                         {"parameter", DescribeParameter(*info)}});
  }
  return protocols;
}

// REQUIRES: depth is at most 2.
std::string JsonLines(const Json& value, int depth) {
  if (depth == 2 || !value.is_structured() || value.empty()) return value.dump();
  const bool object = value.is_object();
  std::string items;
  for (const auto& [key, item] : value.items()) {
    items +=
        fmt::format("{}\n{:{}}{}{}", items.empty() ? "" : ",", "", depth + 1,
                    object ? Json(key).dump() + ": " : "", JsonLines(item, object ? depth + 1 : 2));
  }
  return fmt::format("{}{}\n{:{}}{}", object ? '{' : '[', items, "", depth, object ? '}' : ']');
}

}  // namespace

std::string JsonText(const Json& document) { return JsonLines(document, 0) + '\n'; }

std::string MessageToJson(pid_t client, std::string_view protocol, std::string_view text,
                          const TransferStats& stats) {
  const Json object = {{"client_pid", client},
                       {"protocol", protocol},
                       {"bytes", stats.bytes},
                       {"seconds", stats.seconds},
                       {"goodput_bytes_per_second", stats.BytesPerSecond()},
                       {"retries", stats.retries},
                       {"text", text}};
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string DescribeDelivery(const Delivery& delivery, const std::string& protocol) {
  const Json object = {{"bytes", delivery.stats.bytes},
                       {"seconds", delivery.stats.seconds},
                       {"goodput_bytes_per_second", delivery.stats.BytesPerSecond()},
                       {"signals_sent", delivery.signals_sent},
                       {"signals_received", delivery.signals_received},
                       {"retries", delivery.stats.retries},
                       {"protocol", protocol}};
  return object.dump();
}

std::string Describe(const CommandLine& line) {
  Json object = {{"schema", "minitalk.describe/1"}, {"name", line.program},
                 {"version", MINITALK_VERSION},     {"description", line.description},
                 {"positionals", Json::array()},    {"options", Json::array()},
                 {"exit_statuses", Json::array()}};
  for (const Option& option : line.options) {
    object[option.positional() ? "positionals" : "options"].push_back(
        DescribeOption(option, line.options));
  }
  for (const ExitStatus& entry : line.exit_statuses) {
    object["exit_statuses"].push_back({{"status", entry.status}, {"when", entry.when}});
  }
  if (line.menu) object["protocols"] = DescribeProtocols(*line.menu);
  for (const Option& option : line.options) {
    for (const auto& [words, meaning] : option.words) {
      object[option.name.substr(2) + "_words"].push_back({{"words", words}, {"meaning", meaning}});
    }
  }
  if (line.describe != nullptr) line.describe(&object);
  return object.dump(2) + '\n';
}

}  // namespace minitalk

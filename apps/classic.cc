#include "apps/classic.h"

#include <fmt/format.h>

#include "apps/cli/screen.h"

namespace minitalk {
namespace {

constexpr std::string_view kDetect = "detect";

CLI::Validator ClassicCheck() {
  return {[](const std::string& words) {
            std::string error;
            if (words != kDetect) classic::Parse(words, &error);
            return error;
          },
          "", "classic"};
}

std::string WordsHelp() {
  constexpr std::size_t kIndent = 33;
  std::string text;
  for (const auto& [words, meaning] : classic::WordGroups()) {
    text += Entry(fmt::format("  {}", words), meaning, kIndent);
  }
  return text;
}

}  // namespace

nlohmann::ordered_json DescribeEnds(ProtocolMenu menu) {
  auto groups = nlohmann::ordered_json::array();
  for (const auto& [words, meaning] : classic::WordGroups()) {
    groups.push_back({{"words", words}, {"meaning", meaning}});
  }
  return {{"protocols", DescribeProtocols(menu)}, {"classic_words", groups}};
}

CLI::Option* AddClassic(CLI::App& app, std::optional<std::string>& words, const std::string& help,
                        std::string_view more) {
  app.footer(fmt::format(
      "FORMAT: words with commas between them; of each line one, the first by default\n{}"
      "For example: --classic lsb,usr1=1,len32,ack=bit,acksig=usr2\n\n{}",
      WordsHelp(), more));
  return app.add_option("--classic", words, help)
      ->type_name("FORMAT|detect")
      ->check(ClassicCheck());
}

std::optional<classic::Format> ClassicFormat(const std::string& words) {
  std::string error;
  return words == kDetect ? std::nullopt : classic::Parse(words, &error);
}

}  // namespace minitalk

#include "apps/classic.h"

#include <fmt/format.h>

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

}  // namespace

CLI::Option* AddClassic(CLI::App& app, std::optional<std::string>& words, const std::string& help,
                        std::string_view more) {
  app.footer(fmt::format("{}\n\n{}", classic::Help(), more));
  return app.add_option("--classic", words, help)
      ->type_name("FORMAT|detect")
      ->check(ClassicCheck());
}

std::optional<classic::Format> ClassicFormat(const std::string& words) {
  std::string error;
  return words == kDetect ? std::nullopt : classic::Parse(words, &error);
}

}  // namespace minitalk

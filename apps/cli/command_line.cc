#include "apps/cli/command_line.h"

#include <fmt/format.h>
#include <sysexits.h>

#include <vector>

#include "apps/cli/standard_output.h"
#include "core/endpoint/output.h"
#include "core/os/log.h"
#include "core/wire/nearest.h"
#include "core/wire/whole_number.h"

namespace minitalk {
namespace {

// What to say of words that nothing takes: which option was probably meant, else `usual`.
std::string Remedy(const CLI::App& app, std::string_view usual) {
  const auto words = app.remaining();
  for (const std::string& word : words) {
    std::string meant = word.starts_with("--") ? OptionMeant(app, word) : "";
    if (!meant.empty()) return meant;
  }
  return words.empty() || usual.empty() ? "" : fmt::format("; {}", usual);
}

// The first word such as `--out=`, or nothing. CLI11 would take the next option for the value, as
// where a script's variable is empty.
std::string WithoutValue(const CLI::App& app, int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    if (word == "--") break;
    if (!word.starts_with("--") || !word.ends_with("=")) continue;
    if (app.get_option_no_throw(word.substr(0, word.size() - 1)) != nullptr) return word;
  }
  return "";
}

}  // namespace

Called CalledBy(int argc, char** argv, const std::string& usual) {
  const std::string path = argc > 0 ? argv[0] : "";
  const std::string name = path.substr(path.rfind('/') + 1);
  if (name.empty()) return {usual, usual};
  const bool installed = name == path || name.starts_with("minitalk-");
  return {name, installed ? name : "./" + name};
}

std::string Partner(std::string typed, std::string_view mine, const std::string& theirs) {
  const auto at = typed.rfind(mine);
  return at == std::string::npos ? theirs : typed.replace(at, mine.size(), theirs);
}

std::string OptionMeant(const CLI::App& app, std::string_view word) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  const std::vector<std::string_view> views(names.begin(), names.end());
  return DidYouMean(word.substr(0, word.find('=')), views);
}

int UsageError(std::string_view program, std::string_view what) {
  PrintError("{}: {}; see {} --help\n", program, EscapeForTerminal(what), program);
  return EX_USAGE;
}

bool Refuses(std::string_view program, ProtocolMenu menu) {
  const auto why = WhyBad(menu);
  if (why) PrintError("{}: {}\n", program, *why);
  return why.has_value();
}

std::optional<int> ParseCommandLine(CLI::App& app, const std::string& program, int argc,
                                    char** argv, std::string_view of_extras) {
  app.name(program);
  app.set_version_flag("--version", "minitalk " MINITALK_VERSION);
  for (CLI::Option* option : app.get_options()) {
    if (option->get_items_expected_max() == 1) option->take_last();
  }
  if (const std::string word = WithoutValue(app, argc, argv); !word.empty()) {
    return UsageError(program, word + " lacks its value");
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& request) {
    return EndOutput(program, app.exit(request));
  } catch (const CLI::ParseError& error) {
    return UsageError(program, error.what() + Remedy(app, of_extras));
  }
  return std::nullopt;
}

CLI::Validator SecondsCheck(double least, double most) {
  return {[=](const std::string& text) -> std::string {
            double seconds = 0;
            const bool good =
                CLI::detail::lexical_cast(text, seconds) && seconds >= least && seconds <= most;
            return good ? "" : fmt::format("\"{}\" is not {} to {:.0f} seconds", text, least, most);
          },
          "", "seconds"};
}

CLI::Validator BytesCheck() {
  return {[](const std::string& text) -> std::string {
            if (ParseWhole<std::uint64_t>(text)) return "";
            return fmt::format("\"{}\" is not a number of bytes", text);
          },
          "", "bytes"};
}

}  // namespace minitalk

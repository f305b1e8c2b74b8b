#include "apps/cli/command_line.h"

#include <fmt/format.h>
#include <sysexits.h>

#include <memory>
#include <vector>

#include "apps/cli/screen.h"
#include "apps/cli/standard_output.h"
#include "core/endpoint/output.h"
#include "core/os/log.h"
#include "core/wire/text.h"

namespace minitalk {
namespace {

// Keeps the help to 80 columns, where CLI11 leaves each description one line.
class HelpFormatter final : public CLI::Formatter {
 public:
  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    return Entry("  " + make_option_name(option, is_positional) + make_option_opts(option),
                 make_option_desc(option), get_column_width());
  }
};

// Words that nothing takes, in the order in which they were typed.
std::string Unexpected(const CLI::App& app) {
  std::string text = "unexpected";
  for (const std::string& word : app.remaining()) text += fmt::format(" \"{}\"", word);
  return text;
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
                                    char** argv, const Manual& manual) {
  app.name(program);
  const std::string footer = app.get_footer();
  app.footer(footer + (footer.empty() ? "" : "\n\n") + ExitStatusHelp(manual));
  app.get_help_ptr()->description("Print this help and end");
  const auto* describe = app.add_option("--describe", "Print what the program knows and end")
                             ->check(CLI::IsMember({"json"}));
  app.set_version_flag("--version", "minitalk " MINITALK_VERSION, "Print the version and end");
  for (CLI::Option* option : app.get_options()) {
    if (option->get_items_expected_max() == 1) option->take_last();
  }
  app.formatter(std::make_shared<HelpFormatter>());
  const SortedArguments sorted = SortArguments(app, argc, argv, manual.of_extras);
  if (!sorted.mistake.empty()) return UsageError(program, sorted.mistake);
  // CLI11 takes them from the back.
  std::vector<std::string> words(sorted.words.rbegin(), sorted.words.rend());
  try {
    app.parse(std::move(words));
  } catch (const CLI::Success& request) {
    return EndOutput(program, app.exit(request));
  } catch (const CLI::ExtrasError&) {
    return UsageError(program, Unexpected(app));
  } catch (const CLI::ParseError& error) {
    return UsageError(program, error.what());
  }
  if (describe->empty()) return std::nullopt;
  Print("{}\n", Describe(app, manual).dump(2));
  return EndOutput(program, EX_OK);
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

#include "apps/cli/command_line.h"

#include <fmt/format.h>
#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <memory>

#include "apps/cli/describe.h"
#include "apps/cli/screen.h"
#include "apps/cli/standard_output.h"
#include "core/endpoint/output.h"
#include "core/os/log.h"
#include "core/wire/text.h"

namespace minitalk {
namespace {

using Words = std::vector<std::string>;

// Keeps the help to 80 columns, where CLI11 leaves each description one line.
class HelpFormatter final : public CLI::Formatter {
 public:
  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    return Entry("  " + make_option_name(option, is_positional) + make_option_opts(option),
                 make_option_desc(option), get_column_width());
  }
};

const Option* Find(const CommandLine& line, std::string_view name) {
  const auto is_it = [&](const Option& option) {
    return option.name == name ||
           (option.name == "-h,--help" && (name == "-h" || name == "--help"));
  };
  const auto found = std::ranges::find_if(line.options, is_it);
  return found == line.options.end() ? nullptr : &*found;
}

bool IsGoogles(std::string_view name) { return name.starts_with("--benchmark_") || name == "--v"; }

// The words of a command line, sorted before CLI11 reads them: options with their values first,
// then all else behind a `--`. A word with a single dash is an option only if it is one exactly;
// else it is a message, where the program takes any. What is wrong is reported in the order of
// typing.
class Sorter {
 public:
  explicit Sorter(const CommandLine& line)
      : line_(line),
        places_(
            static_cast<std::size_t>(std::ranges::count_if(line.options, &Option::positional))) {}

  Words Sort(const Words& words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::string& word = words[i];
      if (word == "--") {
        others_.insert(others_.end(), words.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                       words.end());
        break;
      }
      if (word.starts_with("--") || (word.starts_with('-') && Find(line_, word) != nullptr)) {
        i += TakeOption(word, i + 1 < words.size() ? &words[i + 1] : nullptr);
      } else if (word.size() > 1 && word[0] == '-' && places_ == 0) {
        throw UsageMistake(fmt::format("there is no option \"{}\"", word));
      } else {
        others_.push_back(word);
      }
    }
    if (others_.size() > places_) throw UsageMistake(TooMany());
    if (!others_.empty()) sorted_.emplace_back("--");
    sorted_.insert(sorted_.end(), others_.begin(), others_.end());
    return std::move(sorted_);
  }

 private:
  // How many of the words behind it are its value.
  std::size_t TakeOption(const std::string& word, const std::string* next) {
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const Option* option = Find(line_, name);
    if (option == nullptr) {
      if (line_.for_google == nullptr || !IsGoogles(name)) throw UsageMistake(Unknown(name));
      line_.for_google->push_back(word);
      return 0;
    }
    if (option->flag()) {
      if (equals == std::string::npos || IsGooglesTruth(name, word.substr(equals + 1))) {
        sorted_.push_back(name);
      }
      return 0;
    }
    const bool is_next = equals == std::string::npos;
    if (is_next ? next == nullptr : equals + 1 == word.size()) {
      throw UsageMistake(fmt::format("{} needs a value ({})", name, option->kind));
    }
    sorted_.insert(sorted_.end(), {name, is_next ? *next : word.substr(equals + 1)});
    return is_next ? 1 : 0;
  }

  // Google Benchmark's flags may be given like its own, `--benchmark_list_tests=true`.
  static bool IsGooglesTruth(std::string_view name, std::string_view value) {
    constexpr std::array kTruths{"true", "1", "yes", "on"};
    constexpr std::array kLies{"false", "0", "no", "off"};
    if (IsGoogles(name) && std::ranges::find(kTruths, value) != kTruths.end()) return true;
    if (IsGoogles(name) && std::ranges::find(kLies, value) != kLies.end()) return false;
    throw UsageMistake(fmt::format("{} takes no value", name));
  }

  std::string Unknown(const std::string& name) const {
    return fmt::format("there is no option \"{}\"{}{}", name, OptionMeant(line_, name),
                       places_ > 0 ? "; put -- before a message that begins with --" : "");
  }

  std::string TooMany() const {
    const auto extras = std::span(others_).subspan(places_);
    return fmt::format("unexpected \"{}\"{}{}", fmt::join(extras, "\" \""),
                       line_.of_extras.empty() ? "" : "; ", line_.of_extras);
  }

  const CommandLine& line_;
  std::size_t places_;  // for words that are no options
  Words sorted_;
  Words others_;
};

CLI::Option* Register(CLI::App& app, const Option& option) {
  if (option.flag()) return app.add_flag(option.name, option.help);
  std::string kind = option.kind;
  if (!option.choices.empty()) kind = fmt::format("{{{}}}", fmt::join(option.choices, ","));
  if (kind == "N" && option.range) {
    kind = fmt::format("N:{:.0f}-{:.0f}", option.range->least, option.range->most);
  }
  CLI::Option* added = app.add_option(option.name, CLI::callback_t(), option.help);
  added->type_name(kind)->default_str(option.usual);
  if (!option.repeats()) return added->take_last();
  if (option.numeric()) added->delimiter(',');
  return added->expected(1, CLI::detail::expected_max_vector_size)->allow_extra_args(false);
}

// What is wrong with a value; empty: nothing, and it has been stored.
class Store {
 public:
  Store(const Option& option, Words words) : option_(option), words_(std::move(words)) {}

  template <typename T>
  std::string operator()(T* value) {
    return Convert(words_.back(), value);
  }
  template <typename T>
  std::string operator()(std::optional<T>* value) {
    return Convert(words_.back(), &value->emplace());
  }
  template <typename T>
  std::string operator()(std::vector<T>* values) {
    values->clear();
    std::string mistake;
    for (const std::string& word : words_) {
      if (mistake.empty()) mistake = Convert(word, &values->emplace_back());
    }
    return mistake;
  }
  std::string operator()(bool* value) {
    *value = true;
    return "";
  }

 private:
  std::string Convert(const std::string& word, std::string* value) {
    *value = word;
    const auto& choices = option_.choices;
    if (!choices.empty() && std::ranges::find(choices, word) == choices.end()) {
      return fmt::format("\"{}\" is none of {}", word, fmt::join(choices, ", "));
    }
    return option_.check ? option_.check(word) : "";
  }
  template <typename T>
  std::string Convert(const std::string& word, T* value) {
    const char* end = word.data() + word.size();
    const auto [rest, error] = std::from_chars(word.data(), end, *value);
    const auto& range = option_.range;
    const auto number = static_cast<double>(*value);  // may be nan
    const bool fits = !range || (number >= range->least && number <= range->most);
    if (error == std::errc() && rest == end && fits) return "";
    if (!range) return fmt::format("\"{}\" is no whole number", word);
    return fmt::format("\"{}\" is not {} to {:.0f}{}", word, range->least, range->most,
                       option_.kind == "SECONDS" ? " seconds" : "");
  }

  const Option& option_;
  Words words_;
};

std::string ExitStatusHelp(const CommandLine& line) {
  constexpr std::size_t kIndent = 7;
  std::string text = fmt::format("Exit status{}:\n", line.exit_note);
  for (const ExitStatus& entry : line.exit_statuses) {
    text += Entry(fmt::format("  {}", entry.status), entry.when, kIndent);
  }
  text.pop_back();
  return text;
}

// FORMAT, and what it is made of.
std::string WordsHelp(const Option& option) {
  constexpr std::size_t kIndent = 33;
  std::string text =
      fmt::format("{}: words with commas between them; of each line one, the first by default\n",
                  option.kind.substr(0, option.kind.find('|')));
  for (const auto& [words, meaning] : option.words) {
    text += Entry(fmt::format("  {}", words), meaning, kIndent);
  }
  return text;
}

std::string Footer(const CommandLine& line) {
  std::string text;
  for (const Option& option : line.options) {
    if (!option.words.empty()) text += WordsHelp(option);
  }
  text += line.footer;
  return text + (text.empty() ? "" : "\n\n") + ExitStatusHelp(line);
}

// Stores the values. Throws UsageMistake or CLI::ParseError. Returns what --help prints.
std::string Parse(const CommandLine& line, const Words& typed) {
  CLI::App app(line.description, line.program);
  app.footer(Footer(line));
  app.formatter(std::make_shared<HelpFormatter>());
  app.set_help_flag();
  std::map<std::string, CLI::Option*> added;
  for (const Option& option : line.options) added[option.name] = Register(app, option);
  for (const Option& option : line.options) {
    for (const std::string& other : option.needs) added[option.name]->needs(added[other]);
    for (const std::string& other : option.excludes) added[option.name]->excludes(added[other]);
  }
  Words words = Sorter(line).Sort(typed);
  std::ranges::reverse(words);  // CLI11 takes them from the back
  app.parse(std::move(words));
  for (const Option& option : line.options) {
    const Words& results = added[option.name]->results();
    const auto mistake = results.empty() ? "" : std::visit(Store(option, results), option.target);
    if (!mistake.empty()) throw UsageMistake(fmt::format("{}: {}", option.name, mistake));
  }
  return app.help();
}

// Where no word has a dash it takes no library, whose set-up lasts as long as a short message.
// False: it does take one.
bool StorePlainWords(const CommandLine& line, const Words& typed) {
  if (std::ranges::any_of(typed, [](const auto& word) { return word.starts_with('-'); })) {
    return false;
  }
  auto word = typed.begin();
  for (const Option& option : line.options) {
    if (word == typed.end()) break;
    if (!option.positional()) continue;
    const auto mistake = std::visit(Store(option, {*word++}), option.target);
    if (!mistake.empty()) throw UsageMistake(fmt::format("{}: {}", option.name, mistake));
  }
  return word == typed.end();
}

int ReportMistake(const std::string& program, std::string_view what) {
  PrintError("{}: {}; see {} --help\n", program, EscapeForTerminal(what), program);
  return EX_USAGE;
}

}  // namespace

Option::Option(std::string its_name, Target its_target, std::string its_help, std::string its_kind,
               std::string its_usual, std::optional<Range> its_range)
    : name(std::move(its_name)),
      target(its_target),
      help(std::move(its_help)),
      kind(std::move(its_kind)),
      usual(std::move(its_usual)),
      range(its_range) {
  if (kind.empty() && !flag()) kind = numeric() ? "N" : "TEXT";
}

Option Option::Needs(const std::string& other) && {
  needs.push_back(other);
  return std::move(*this);
}

Option Option::Excludes(const std::string& other) && {
  excludes.push_back(other);
  return std::move(*this);
}

Option Option::Choices(std::vector<std::string> allowed) && {
  choices = std::move(allowed);
  return std::move(*this);
}

bool Option::numeric() const {
  constexpr std::array kTexts{0, 5, 8, 9};  // by the order of Target
  return std::ranges::count(kTexts, static_cast<int>(target.index())) == 0;
}

Called CalledBy(int argc, char** argv, const std::string& usual) {
  const std::string path = argc > 0 ? argv[0] : "";
  const std::string name = path.substr(path.rfind('/') + 1);
  if (name.empty()) return {usual, usual};
  const bool installed = name == path || name.starts_with("minitalk-");
  return {name, installed ? name : "./" + name};
}

std::string Partner(const Called& called, std::string_view mine, const std::string& theirs) {
  std::string typed = called.typed;
  const auto at = typed.rfind(mine);
  return at == std::string::npos ? theirs : typed.replace(at, mine.size(), theirs);
}

std::string OptionMeant(const CommandLine& line, std::string_view word) {
  std::vector<std::string_view> names;
  for (const Option& option : line.options) {
    if (!option.positional())
      names.push_back(std::string_view(option.name).substr(option.name.find("--")));
  }
  return DidYouMean(word.substr(0, word.find('=')), names);
}

int RunProgram(CommandLine line, int argc, char** argv, const std::function<int()>& body) {
  if (const auto why = line.menu ? WhyBad(*line.menu) : std::nullopt) {
    PrintError("{}: {}\n", line.program, *why);
    return EX_SOFTWARE;
  }
  bool helps = false;
  bool tells_version = false;
  std::string describes;
  line.options.insert(line.options.begin(), {"-h,--help", &helps, "Print this help and end"});
  line.options.push_back(
      Option("--describe", &describes, "Print what the program knows and end").Choices({"json"}));
  line.options.emplace_back("--version", &tells_version, "Print the version and end");
  try {
    const Words typed{argv + std::min(argc, 1), argv + argc};
    const auto help = StorePlainWords(line, typed) ? "" : Parse(line, typed);
    if (helps) PrintText(help);
    if (!helps && tells_version) PrintText("minitalk " MINITALK_VERSION "\n");
    if (!describes.empty()) PrintText(Describe(line));
    const bool ends = helps || tells_version || !describes.empty();
    return EndOutput(line.program, ends ? EX_OK : body());
  } catch (const UsageMistake& mistake) {
    return ReportMistake(line.program, mistake.what());
  } catch (const CLI::ParseError& mistake) {
    return ReportMistake(line.program, mistake.what());
  } catch (const std::exception& error) {
    PrintError("{}: {}\n", line.program, error.what());
    return EX_OSERR;
  }
}

}  // namespace minitalk

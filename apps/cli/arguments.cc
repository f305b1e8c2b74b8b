#include "apps/cli/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/wire/text.h"

namespace minitalk {
namespace {

bool IsGoogles(std::string_view name) { return name.starts_with("--benchmark_") || name == "--v"; }

// Google Benchmark's flags may be given like its own, `--benchmark_list_tests=true`.
bool IsGooglesTruth(std::string_view name, std::string_view value) {
  constexpr std::array kTruths{"true", "false", "1", "0", "yes", "no", "on", "off"};
  return IsGoogles(name) && std::ranges::find(kTruths, value) != kTruths.end();
}

class Sorter {
 public:
  Sorter(const CLI::App& app, std::string_view of_extras)
      : app_(app), of_extras_(of_extras), places_(CountPlaces(app)) {}

  SortedArguments Sort(const std::vector<std::string>& words) {
    for (std::size_t i = 0; i < words.size() && mistake_.empty(); ++i) {
      const std::string& word = words[i];
      if (word == "--") {
        others_.insert(others_.end(), words.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                       words.end());
        break;
      }
      if (word.starts_with("--")) {
        i += TakeOption(word, i + 1 < words.size() ? &words[i + 1] : nullptr);
      } else if (word.size() > 1 && word[0] == '-') {
        TakeDash(word);
      } else {
        (places_ > 0 ? others_ : options_).push_back(word);
      }
    }
    if (mistake_.empty() && others_.size() > places_) mistake_ = TooMany();
    if (!others_.empty()) options_.emplace_back("--");
    options_.insert(options_.end(), others_.begin(), others_.end());
    return {std::move(options_), std::move(mistake_)};
  }

 private:
  static std::size_t CountPlaces(const CLI::App& app) {
    return app.get_options([](const CLI::Option* option) { return option->get_positional(); })
        .size();
  }

  void TakeDash(const std::string& word) {
    if (app_.get_option_no_throw(word) != nullptr) {
      options_.push_back(word);
    } else if (places_ > 0) {
      others_.push_back(word);
    } else {
      mistake_ = fmt::format("there is no option \"{}\"", word);
    }
  }

  // How many of the words behind it are its value.
  std::size_t TakeOption(const std::string& word, const std::string* next) {
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const CLI::Option* option = app_.get_option_no_throw(name);
    if (option == nullptr) {
      if (app_.get_allow_extras() && IsGoogles(name)) {
        options_.push_back(word);
      } else {
        mistake_ = Unknown(name);
      }
      return 0;
    }
    const bool is_flag = option->get_items_expected_max() == 0;
    if (is_flag && equals != std::string::npos && !IsGooglesTruth(name, word.substr(equals + 1))) {
      mistake_ = fmt::format("{} takes no value", name);
    } else if (!is_flag &&
               (equals == std::string::npos ? next == nullptr : equals + 1 == word.size())) {
      mistake_ = LacksValue(name, option->get_type_name());
    } else if (is_flag || equals != std::string::npos) {
      options_.push_back(word);
    } else {
      options_.insert(options_.end(), {name, *next});
      return 1;
    }
    return 0;
  }

  static std::string LacksValue(const std::string& name, std::string kind) {
    if (kind.starts_with("TEXT:")) kind = kind.substr(5);
    return fmt::format("{} needs a value{}", name, kind.empty() ? "" : " (" + kind + ")");
  }

  std::string Unknown(const std::string& name) const {
    std::string text = fmt::format("there is no option \"{}\"{}", name, OptionMeant(app_, name));
    if (places_ > 0) text += "; put -- before a message that begins with --";
    return text;
  }

  std::string TooMany() const {
    std::string text = "unexpected";
    for (std::size_t i = places_; i < others_.size(); ++i) {
      text += fmt::format(" \"{}\"", others_[i]);
    }
    return of_extras_.empty() ? text : fmt::format("{}; {}", text, of_extras_);
  }

  const CLI::App& app_;
  std::string_view of_extras_;
  std::size_t places_;  // for words that are no options
  std::vector<std::string> options_;
  std::vector<std::string> others_;
  std::string mistake_;
};

}  // namespace

std::string OptionMeant(const CLI::App& app, std::string_view word) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  const std::vector<std::string_view> views(names.begin(), names.end());
  return DidYouMean(word.substr(0, word.find('=')), views);
}

SortedArguments SortArguments(const CLI::App& app, int argc, char** argv,
                              std::string_view of_extras) {
  std::vector<std::string> words;
  for (int i = 1; i < argc; ++i) words.emplace_back(argv[i]);
  return Sorter(app, of_extras).Sort(words);
}

}  // namespace minitalk

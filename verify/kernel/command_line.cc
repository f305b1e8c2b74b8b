#include "verify/kernel/command_line.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>

#include "verify/kernel/check.h"
#include "verify/kernel/tap.h"

namespace minitalk::verify {
namespace {

constexpr const char* kName = "minitalk-kernel-check";

constexpr const char* kAbout =
    "Asks the kernel whether it treats signals as Linux does; the answers are TAP.\n\n"
    "  minitalk-kernel-check\n"
    "  minitalk-kernel-check --only one_slot_per_number\n"
    "  minitalk-kernel-check --only model_takes --seed 1\n";

struct Option {
  std::string_view name;
  const char* value;  // nullptr: it takes none
  const char* help;
};
constexpr std::array<Option, 6> kOptions{{
    {"--help", nullptr, "Print this help and end"},
    {"--only", "FACT", "Ask this one alone"},
    {"--seed", "N", "Of the random signals; by the clock by default"},
    {"--list", nullptr, "Name the facts, each with what Linux does, and end"},
    {"--describe", ":{json}", "Print what the program knows and end"},
    {"--version", nullptr, "Print the version and end"},
}};

struct Exit {
  int status;
  const char* when;
};
constexpr std::array<Exit, 4> kExits{{
    {0, "all that could be asked is as on Linux"},
    {1, "something is not"},
    {64, "the command line is wrong, or there is no such fact"},
    {74, "standard output cannot be written"},
}};

std::string Help() {
  std::string text = std::string(kAbout) + "\nUsage: " + kName + " [OPTIONS]\n\nOptions:\n";
  for (const Option& option : kOptions) {
    std::string line = option.name == "--help" ? "  -h,--help" : "  " + std::string(option.name);
    if (option.value != nullptr) line += std::string(" ") + option.value;
    line.resize(std::max<std::size_t>(line.size() + 1, 30), ' ');
    text += line + option.help + "\n";
  }
  text += "\nExit status:\n";
  for (const Exit& exit : kExits) {
    const std::string number = std::to_string(exit.status);
    text += "  " + number + std::string(5 - number.size(), ' ') + exit.when + "\n";
  }
  return text;
}

std::string List() {
  std::string text;
  for (const fact* fact : AllFacts()) text += std::string(fact->name) + "  " + fact->linux_ + "\n";
  return text;
}

// With commas between.
template <typename Items, typename ToJson>
std::string JsonList(const char* key, const Items& items, ToJson to_json) {
  std::string text = std::string(",\n  \"") + key + "\": [";
  for (const auto& item : items) {
    if (text.back() != '[') text += ',';
    text += "\n    {" + to_json(item) + "}";
  }
  return text + "\n  ]";
}

std::string JsonOption(const Option& option) {
  std::string names = option.name == "--help" ? R"("-h", "--help")" : Quoted(option.name);
  std::string value = "null";
  if (option.name == "--describe") {
    value = R"({"name": "", "choices": ["json"]})";
  } else if (option.value != nullptr) {
    value = R"({"name": )" + Quoted(option.value) + "}";
  }
  return R"("names": [)" + names + R"(], "value": )" + value +
         R"(, "default": null, "repeats": false, "help": )" + Quoted(option.help) +
         R"(, "needs": [], "excludes": [])";
}

std::string Description() {
  return R"({
  "schema": "minitalk.describe/1",
  "name": ")" +
         std::string(kName) + R"(",
  "version": ")" MINITALK_VERSION R"(",
  "description": )" +
         Quoted(kAbout) + R"(,
  "positionals": [])" +
         JsonList("options", kOptions, JsonOption) +
         JsonList("exit_statuses", kExits,
                  [](const Exit& exit) {
                    return R"("status": )" + std::to_string(exit.status) + R"(, "when": )" +
                           Quoted(exit.when);
                  }) +
         JsonList("facts", AllFacts(),
                  [](const fact* fact) {
                    return R"("name": )" + Quoted(fact->name) + R"(, "linux": )" +
                           Quoted(fact->linux_) + R"(, "matters": )" + Quoted(fact->matters);
                  }) +
         "\n}\n";
}

// What was typed, on one line and with nothing that a terminal obeys.
std::string Shown(std::string_view text) {
  std::string shown = "\"";
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (character == '\n') {
      shown += "\\n";
    } else if (byte < 0x20 || byte > 0x7E) {
      std::array<char, 5> code{};
      std::snprintf(code.data(), code.size(), "\\x%02x", static_cast<unsigned>(byte));
      shown += code.data();
    } else {
      shown += character;
    }
  }
  return shown + '"';
}

// "": the option has been put into `options`. Else what is wrong with its value.
std::string Take(std::string_view name, const std::string& value, CheckOptions* options) {
  if (name == "--help") options->print = Help();
  if (name == "--list") options->print = List();
  if (name == "--version") options->print = "minitalk " MINITALK_VERSION "\n";
  if (name == "--describe") {
    if (value != "json") return "--describe: " + Shown(value) + " not in {json}";
    options->print = Description();
  }
  if (name == "--only") {
    const auto same = [&](const fact* fact) { return fact->name == value; };
    if (std::ranges::none_of(AllFacts(), same)) return "there is no fact " + Shown(value);
    options->only = value;
  }
  if (name == "--seed") {
    char* end = nullptr;
    errno = 0;
    const bool digits =
        !value.empty() && value.find_first_not_of("0123456789") == std::string::npos;
    options->seed = std::strtoull(value.c_str(), &end, 10);
    if (!digits || errno != 0) return "--seed: " + Shown(value) + " is no number of 64 bits";
  }
  return "";
}

// "", or what is wrong with words[*at], whose value may be the next one.
std::string TakeWord(std::span<char*> words, std::size_t* at, CheckOptions* options) {
  const std::string word = words[*at];
  const auto equals = word.find('=');
  const std::string name = word == "-h" ? "--help" : word.substr(0, equals);
  if (!word.starts_with('-')) return "unexpected " + Shown(word);
  const auto* option = std::ranges::find(kOptions, name, &Option::name);
  if (option == kOptions.end()) return "there is no option " + Shown(word);
  std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
  if (option->value == nullptr) {
    if (equals != std::string::npos) return name + " takes no value";
  } else {
    if (equals == std::string::npos && *at + 1 < words.size()) value = words[++*at];
    if (value.empty()) return name + " needs a value (" + option->value + ")";
  }
  return Take(name, value, options);
}

}  // namespace

std::optional<CheckOptions> ReadCommandLine(int argc, char** argv) {
  CheckOptions options;
  const std::span<char*> words(argv, static_cast<std::size_t>(argc));
  for (std::size_t at = 1; at < words.size(); ++at) {
    const std::string wrong = TakeWord(words, &at, &options);
    if (wrong.empty()) continue;
    Complain(wrong + "; see " + kName + " --help");
    return std::nullopt;
  }
  return options;
}

void Complain(const std::string& what) { std::fprintf(stderr, "%s: %s\n", kName, what.c_str()); }

}  // namespace minitalk::verify

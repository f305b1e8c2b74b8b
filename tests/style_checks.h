// The rules of the house's style that a machine can check, as pure functions from the text of a
// file to what breaks them.
#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <regex>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace minitalk::style {

inline constexpr std::size_t kMaxFileLines = 400;
inline constexpr std::size_t kMaxColumns = 100;
inline constexpr std::size_t kMaxFunctionLines = 45;  // from its opening brace to its closing one

// Messages, one for each violation.
using Violations = std::vector<std::string>;

// Whatever asks the kernel anything about signals. Comments and strings do not count.
Violations SignalCalls(const std::string& code);
// The same of calls for which core/os has one place: fork, the tie of a child to its parent, shared
// memory, the timer, an errno as an exception.
Violations CallsOfOnePlace(const std::string& code);

// Includes of what only a program that asks the operating system for something needs.
Violations SystemIncludes(const std::string& code);

// Quoted includes that do not match `allowed`.
Violations ForeignIncludes(const std::string& code, const std::regex& allowed);

// Lines, columns, blanks; and whether it says what it is for. `stem`: the file's name without its
// ending; a source may leave the saying to the header of the same name.
Violations Layout(const std::string& stem, const std::string& text);

// The part of Layout() that asks for a first comment, for files of other languages.
Violations SaysWhatItIsFor(const std::string& stem, const std::string& text);

// Functions of C and C++ that are too long; those within a function count as part of it.
Violations LongFunctions(const std::string& code);
// The same of Python, docstring included.
Violations LongPythonFunctions(const std::string& text);

// Classes, structs, enums and free functions of a header that nothing is said about. A type wants a
// comment right above it; functions may share one, up to the next blank line. A comment on the
// declaration's own line will do, too.
Violations UncommentedDeclarations(const std::string& header);

// ---- How
// -----------------------------------------------------------------------------------------

namespace {

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// C++ without its comments and without what stands in quotes; line breaks stay.
std::string StripCommentsAndQuotes(const std::string& code) {
  static const std::regex kToken(R"re(R"(\w*)\([^]*?\)\1"|//[^\n]*|/\*[^]*?\*/)re"
                                 R"re(|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+')re");
  std::string stripped;
  auto rest = code.begin();
  for (std::sregex_iterator token(code.begin(), code.end(), kToken), end; token != end; ++token) {
    const auto& match = (*token)[0];
    // 1'000'000 is no character.
    const bool digit_separator =
        *match.first == '\'' && match.first != code.begin() && std::isalnum(match.first[-1]) != 0;
    stripped.append(rest, match.first);
    if (digit_separator) {
      stripped.append(match.first, match.second);
    } else {
      stripped.append(static_cast<std::size_t>(std::count(match.first, match.second, '\n')), '\n');
    }
    rest = match.second;
  }
  return stripped.append(rest, code.end());
}

// What asks the kernel anything about signals.
const std::regex& SignalCall() {
  static const std::regex kCall(
      R"(\b(?:t?kill|tgkill|killpg|raise|pause|signal|signalfd)\s*\()"
      R"(|\b(?:sigqueue|sigpending|sigsuspend)\s*\()"
      R"(|\b(?:rt_)?(?:tg)?sig(?:timedwait|wait|waitinfo|procmask|action|queueinfo|altstack)\s*\()"
      R"(|\bpthread_(?:kill|sigmask|sigqueue)\b|\bpidfd_send_signal\b)"
      R"(|\bSYS_(?:t?kill|tgkill|pause|signalfd4?|(?:rt_)?(?:tg)?sig\w+|pidfd_send_signal)\b)");
  return kCall;
}

Violations Calls(const std::string& code, const std::regex& call) {
  Violations violations;
  std::size_t number = 0;
  for (const std::string& line : Lines(StripCommentsAndQuotes(code))) {
    ++number;
    std::smatch match;
    if (std::regex_search(line, match, call)) {
      violations.push_back("line " + std::to_string(number) + " calls " + match.str());
    }
  }
  return violations;
}

std::size_t Columns(const std::string& line) {
  return static_cast<std::size_t>(std::count_if(
      line.begin(), line.end(), [](unsigned char byte) { return (byte & 0xC0) != 0x80; }));
}

bool IsPreprocessor(const std::string& line) {
  const auto first = line.find_first_not_of(' ');
  return first != line.npos && line[first] == '#';
}

// Finds functions by their braces: a block is one if parentheses stand before it, and if it is not
// within another.
class FunctionFinder {
 public:
  void Take(char character, std::size_t line) {
    if (character == '{') {
      Open(line);
    } else if (character == '}') {
      Close(line);
    } else if (character == ';') {
      before_.clear();
    } else {
      before_ += character;
    }
  }
  const Violations& violations() const { return violations_; }

 private:
  struct Block {
    bool function;
    std::size_t line;
  };

  void Open(std::size_t line) {
    const bool function = functions_ == 0 && before_.find('(') != before_.npos;
    blocks_.push_back({function, line});
    functions_ += function ? 1 : 0;
    before_.clear();
  }

  void Close(std::size_t line) {
    before_.clear();
    if (blocks_.empty()) return;
    const Block block = blocks_.back();
    blocks_.pop_back();
    if (!block.function) return;
    --functions_;
    const std::size_t lines = line - block.line + 1;
    if (lines > kMaxFunctionLines) {
      violations_.push_back("line " + std::to_string(block.line) + ": a function of " +
                            std::to_string(lines) + " lines");
    }
  }

  std::string before_;  // since the last brace or semicolon
  std::vector<Block> blocks_;
  int functions_ = 0;
  Violations violations_;
};

// How far what is said above a declaration reaches.
enum class Said : std::uint8_t {
  kNothing,
  kAbove,   // in the line above
  kShared,  // above what stands above, without a blank line
};

bool IsType(const std::string& line) {
  static const std::regex kType(R"(^(class|struct|union|enum)\b)");
  static const std::regex kForward(R"(^(class|struct|union|enum)\b[\w\s:]*;)");
  return std::regex_search(line, kType) && !std::regex_search(line, kForward);
}

// A variable has its `=` before any parenthesis.
bool IsFunction(const std::string& line) {
  static const std::regex kType(R"(^(class|struct|union|enum)\b)");
  const auto parenthesis = line.find('(');
  const bool variable = line.find('=') < parenthesis && line.find("operator") > parenthesis;
  return parenthesis != line.npos && !variable && !std::regex_search(line, kType);
}

// Without `template <...>`; nothing is left where that has a line of its own.
std::string WithoutTemplate(const std::string& line) {
  static const std::regex kTemplate(R"(^template <.*> ?)");
  return std::regex_replace(line, kTemplate, "", std::regex_constants::format_first_only);
}

}  // namespace

inline Violations SignalCalls(const std::string& code) { return Calls(code, SignalCall()); }

inline Violations CallsOfOnePlace(const std::string& code) {
  static const std::regex kCall(
      R"(\bv?fork\s*\(|\bPR_SET_PDEATHSIG\b|\b(?:mmap|setitimer|timer_create)\s*\()"
      R"(|\bsystem_error\s*\(\s*errno\b)");
  return Calls(code, kCall);
}

inline Violations SystemIncludes(const std::string& code) {
  static const std::regex kInclude(
      R"(^\s*#\s*include\s*<(sys/(?!types\.h).*|(?:linux|asm|net|arpa)/.*|\w+\.h|csignal|cstdio)"
      R"(|cstdlib|iostream|fstream|filesystem|thread|mutex)>)");
  Violations violations;
  for (const std::string& line : Lines(code)) {
    std::smatch match;
    if (std::regex_search(line, match, kInclude)) violations.push_back("includes " + match.str(1));
  }
  return violations;
}

inline Violations ForeignIncludes(const std::string& code, const std::regex& allowed) {
  static const std::regex kInclude(R"re(^\s*#\s*include\s*"([^"]+)")re");
  Violations violations;
  for (const std::string& line : Lines(code)) {
    std::smatch match;
    if (std::regex_search(line, match, kInclude) && !std::regex_match(match.str(1), allowed)) {
      violations.push_back("includes " + match.str(1));
    }
  }
  return violations;
}

inline Violations SaysWhatItIsFor(const std::string& stem, const std::string& text) {
  auto lines = Lines(text);
  if (lines.empty()) return stem == "__init__" ? Violations{} : Violations{"is empty"};
  // Who runs it is not what it is for.
  if (lines.front().starts_with("#!/")) lines.erase(lines.begin());
  const std::string first = lines.empty() ? "" : lines.front();
  constexpr std::array<std::string_view, 4> kBeginnings{"// ", "# ", "/* ", "\"\"\""};
  for (const std::string_view beginning : kBeginnings) {
    if (first.starts_with(beginning) && first.size() > beginning.size()) return {};
  }
  const bool header_says = first.starts_with("#include \"") && first.ends_with(stem + ".h\"");
  return header_says ? Violations{} : Violations{"does not begin with a comment on what it is for"};
}

inline Violations Layout(const std::string& stem, const std::string& text) {
  Violations violations = SaysWhatItIsFor(stem, text);
  const auto lines = Lines(text);
  if (lines.empty()) return violations;
  if (lines.size() > kMaxFileLines) violations.push_back(std::to_string(lines.size()) + " lines");
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string where = "line " + std::to_string(i + 1);
    if (Columns(lines[i]) > kMaxColumns) violations.push_back(where + " is too long");
    if (lines[i].find('\t') != std::string::npos) violations.push_back(where + " has a tab");
    if (lines[i].ends_with(' ')) violations.push_back(where + " ends with a space");
  }
  if (text.back() != '\n') violations.emplace_back("does not end with a newline");
  return violations;
}

inline Violations LongFunctions(const std::string& code) {
  FunctionFinder finder;
  std::size_t number = 0;
  for (const std::string& line : Lines(StripCommentsAndQuotes(code))) {
    ++number;
    if (IsPreprocessor(line)) continue;
    for (const char character : line) finder.Take(character, number);
  }
  return finder.violations();
}

inline Violations LongPythonFunctions(const std::string& text) {
  static const std::regex kDefinition(R"(^( *)(?:async )?def (\w+))");
  Violations violations;
  const auto lines = Lines(text);
  for (std::size_t begin = 0; begin < lines.size(); ++begin) {
    std::smatch match;
    if (!std::regex_search(lines[begin], match, kDefinition)) continue;
    // It lasts as long as lines are indented more; one that only closes a bracket belongs to it.
    std::size_t last = begin;
    for (std::size_t line = begin + 1; line < lines.size(); ++line) {
      const auto indent = lines[line].find_first_not_of(' ');
      if (indent == std::string::npos) continue;
      const bool closes = std::string_view(")]}").find(lines[line][indent]) != std::string::npos;
      if (static_cast<std::ptrdiff_t>(indent) <= match.length(1) && !closes) break;
      last = line;
    }
    const std::size_t length = last - begin + 1;
    if (length > kMaxFunctionLines) {
      violations.push_back(match.str(2) + " has " + std::to_string(length) + " lines");
    }
  }
  return violations;
}

inline Violations UncommentedDeclarations(const std::string& header) {
  Violations violations;
  Said said = Said::kNothing;
  for (const std::string& line : Lines(header)) {
    // clang-format leaves namespaces unindented: what begins a line here is declared for others.
    if (line.empty() || line.front() == '#' || line.starts_with("namespace")) {
      said = Said::kNothing;
      continue;
    }
    if (line.starts_with("//")) {
      said = Said::kAbove;
      continue;
    }
    const std::string declaration = WithoutTemplate(line);
    if (declaration.empty() || line.front() == ' ' || line.front() == '}') continue;
    const bool beside = line.find("  // ") != line.npos;
    if (!beside && ((IsType(declaration) && said != Said::kAbove) ||
                    (IsFunction(declaration) && said == Said::kNothing))) {
      violations.push_back("nothing is said about: " + line);
    }
    if (said == Said::kAbove) said = Said::kShared;
  }
  return violations;
}

}  // namespace minitalk::style

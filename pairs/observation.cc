#include "pairs/observation.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "core/os/log.h"

namespace minitalk {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\v\f";
constexpr std::size_t kMostReadable = 1000;
constexpr std::size_t kShort = 5;     // bytes: such a text may be a piece of a colour's code
constexpr std::size_t kContext = 10;  // bytes before the wrong one

// Of the escape sequence at the beginning; 0: none that is complete.
std::size_t EscapeLength(std::string_view text) {
  if (text.size() < 2 || text[0] != '\x1b') return 0;
  std::size_t at = 2;
  if (text[1] == '[') {  // a control sequence: parameters, intermediate bytes, a final one
    at = std::min(text.find_first_not_of("0123456789;?", at), text.size());
    while (at < text.size() && text[at] >= ' ' && text[at] <= '/') ++at;
    return at < text.size() && text[at] >= '@' && text[at] <= '~' ? at + 1 : 0;
  }
  if (text[1] == ']') {  // a command to the terminal, up to BEL or ESC backslash
    at = text.find_first_of("\a\x1b", at);
    if (at == text.npos) return 0;
    if (text[at] == '\a') return at + 1;
    return text.substr(at + 1).starts_with('\\') ? at + 2 : 0;
  }
  return text[1] >= '@' && text[1] <= '_' ? at : 0;
}

std::string_view Trim(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// "k" (0x6b).
std::string DescribeByte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return c >= ' ' && c <= '~' ? fmt::format("\"{}\" (0x{:02x})", c, byte)
                              : fmt::format("0x{:02x}", byte);
}

}  // namespace

std::string StripEscapes(std::string_view output) {
  std::string text;
  while (!output.empty()) {
    const std::size_t length = EscapeLength(output);
    if (length == 0) text += output.front();
    output.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return text;
}

std::string Readable(std::string_view output) {
  const std::string stripped = StripEscapes(output);
  std::string_view rest = Trim(stripped);
  rest.remove_prefix(rest.size() - std::min(rest.size(), kMostReadable));
  std::string text;
  for (;;) {
    const auto end = std::min(rest.find('\n'), rest.size());
    text += EscapeForTerminal(rest.substr(0, end));
    if (end == rest.size()) return text;
    text += '\n';
    rest.remove_prefix(end + 1);
  }
}

std::string LastLines(const std::string& text, std::size_t count) {
  std::vector<std::string_view> lines;
  for (std::string_view rest = text; lines.size() < count && !rest.empty();) {
    const auto newline = rest.rfind('\n');
    lines.push_back(newline == rest.npos ? rest : rest.substr(newline + 1));
    rest = rest.substr(0, newline == rest.npos ? 0 : newline);
  }
  std::ranges::reverse(lines);
  return fmt::format("{}", fmt::join(lines, " | "));
}

bool HoldsNumber(std::string_view output, long number) {
  const std::string text = StripEscapes(output);
  const std::string digits = std::to_string(number);
  for (auto at = text.find(digits); at != text.npos; at = text.find(digits, at + 1)) {
    const auto after = at + digits.size();
    if ((at == 0 || !IsDigit(text[at - 1])) && (after == text.size() || !IsDigit(text[after]))) {
      return true;
    }
  }
  return false;
}

TextSearch::TextSearch(std::string text, std::size_t start)
    : text_(std::move(text)), escaped_(EscapeForTerminal(text_)), start_(start), searched_(start) {}

bool TextSearch::Find(std::string_view output) {
  if (found_) return true;
  found_ = Holds(output, text_);
  found_escaped_ = !found_ && escaped_ != text_ && Holds(output, escaped_);
  found_ = found_ || found_escaped_;
  searched_ = output.size();
  return found_;
}

bool TextSearch::Holds(std::string_view output, const std::string& form) const {
  if (form.size() < kShort) return StripEscapes(output.substr(start_)).find(form) != form.npos;
  const auto begin = std::max(start_, searched_ - std::min(searched_, form.size()));
  return output.find(form, begin) != output.npos;
}

Beginning FindBeginning(std::string_view text, std::string_view output) {
  constexpr std::size_t kSeeds[] = {16, 8, 4, 2, 1};  // bytes to look for, the surest first
  constexpr int kCandidates = 200;
  Beginning best{.at = output.size()};
  for (const std::size_t size : kSeeds) {
    if (size > text.size() || best.bytes > 0) continue;
    auto at = output.find(text.substr(0, size));
    for (int i = 0; i < kCandidates && at != output.npos; ++i) {
      const auto end = std::ranges::mismatch(text, output.substr(at)).in1;
      const auto bytes = static_cast<std::size_t>(end - text.begin());
      if (bytes > best.bytes) best = {at, bytes};
      at = output.find(text.substr(0, size), at + 1);
    }
  }
  return best;
}

std::string DescribeFirstWrong(std::string_view text, std::string_view output) {
  constexpr std::size_t kExcerpt = 24;
  const std::string stripped = StripEscapes(output);
  if (Trim(stripped).empty()) return "nothing arrived";
  const auto [at, bytes] = FindBeginning(text, stripped);
  // The locale's thousands would be the user's.
  const auto number = [](std::size_t value) {
    auto digits = std::to_string(value);
    for (auto i = std::ssize(digits) - 3; i > 0; i -= 3) {
      digits.insert(static_cast<std::size_t>(i), 1, ',');
    }
    return digits;
  };
  if (bytes == 0) {
    return fmt::format("byte 1 of {}: expected {}, and what came is \"{}\"", number(text.size()),
                       DescribeByte(text[0]),
                       EscapeForTerminal(Trim(stripped).substr(0, kExcerpt)));
  }
  const std::string_view rest = std::string_view(stripped).substr(at + bytes);
  if (Trim(rest).empty()) {
    return fmt::format("the last {} of {} bytes are missing", number(text.size() - bytes),
                       number(text.size()));
  }
  const std::size_t context = std::min(bytes, kContext);
  return fmt::format("byte {} of {}: expected {}, got {}, after \"{}{}\"", number(bytes + 1),
                     number(text.size()), DescribeByte(text[bytes]), DescribeByte(rest[0]),
                     bytes > kContext ? "..." : "",
                     EscapeForTerminal(text.substr(bytes - context, context)));
}

}  // namespace minitalk

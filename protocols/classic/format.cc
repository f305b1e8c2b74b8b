#include "protocols/classic/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "core/wire/text.h"

namespace minitalk::classic {
namespace {

constexpr std::chrono::microseconds kLongestPause{1'000'000};

// A word, the group of which only one may be said, and what it does.
struct Word {
  std::string_view text;
  std::string_view group;
  void (*apply)(Format&);
  bool (*applies)(const Format&);
};

// Each value of a field of Format is a word.
template <auto Field, auto Value>
constexpr Word Choice(std::string_view text, std::string_view group) {
  return {text, group, [](Format& format) { format.*Field = Value; },
          [](const Format& format) { return format.*Field == Value; }};
}

// In the order in which they are written.
constexpr std::array kWords{
    Choice<&Format::order, Order::kMsb>("msb", "order"),
    Choice<&Format::order, Order::kLsb>("lsb", "order"),
    Choice<&Format::zero, Signal::kUsr1>("usr1=0", "polarity"),
    Choice<&Format::zero, Signal::kUsr2>("usr1=1", "polarity"),
    Choice<&Format::ack, Ack::kBit>("ack=bit", "ack"),
    Choice<&Format::ack, Ack::kByte>("ack=byte", "ack"),
    Choice<&Format::ack, Ack::kNone>("ack=none", "ack"),
    Choice<&Format::ack_signal, Signal::kUsr1>("acksig=usr1", "acksig"),
    Choice<&Format::ack_signal, Signal::kUsr2>("acksig=usr2", "acksig"),
    Choice<&Format::end, Signal::kUsr1>("end=usr1", "end"),
    Choice<&Format::end, Signal::kUsr2>("end=usr2", "end"),
    Choice<&Format::silent_end, true>("end=none", "end"),
    Choice<&Format::hello, Greeting{Signal::kUsr1, Signal::kUsr1}>("hello=usr1/usr1", "hello"),
    Choice<&Format::hello, Greeting{Signal::kUsr1, Signal::kUsr2}>("hello=usr1/usr2", "hello"),
    Choice<&Format::hello, Greeting{Signal::kUsr2, Signal::kUsr1}>("hello=usr2/usr1", "hello"),
    Choice<&Format::hello, Greeting{Signal::kUsr2, Signal::kUsr2}>("hello=usr2/usr2", "hello"),
    Choice<&Format::mark, Signal::kUsr1>("mark=usr1", "mark"),
    Choice<&Format::mark, Signal::kUsr2>("mark=usr2", "mark"),
};

constexpr std::size_t kWordsBeforeLayout = 4;

std::vector<std::string_view> Split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (auto end = text.find(at); end != text.npos; end = text.find(at)) {
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  parts.push_back(text);
  return parts;
}

const Word* Find(std::string_view text) {
  for (const Word& word : kWords) {
    if (word.text == text) return &word;
  }
  return nullptr;
}

// The times, which are followed by a number.
constexpr std::string_view kTimes[] = {"pause", "delay"};

std::string AllWords() {
  std::string all;
  for (const Word& word : kWords) all += fmt::format("{}, ", word.text);
  return all +
         "pause=MICROSECONDS, delay=MICROSECONDS, or fields with + between them, text or nul "
         "or a len among them";
}

// Empty, or what is wrong with it.
std::string ApplyTime(std::string_view name, std::string_view digits, Format* format) {
  const auto value = ParseWhole<long>(digits);
  if (!value || *value < 0 || *value > kLongestPause.count()) {
    return fmt::format("{}=\"{}\" is not 0 to {} microseconds", name, digits,
                       kLongestPause.count());
  }
  const std::chrono::microseconds time(*value);
  name == kTimes[0] ? format->pause = time : format->delay = time;
  return "";
}

// ---- Layouts

using Kind = Field::Kind;

struct Number {
  std::string_view name;
  Kind kind;
};
constexpr Number kNumbers[] = {
    {"len", Kind::kLength}, {"pid", Kind::kPid}, {"sum", Kind::kSum}, {"xor", Kind::kXor}};
constexpr std::pair<std::string_view, std::uint8_t> kWidths[] = {
    {"dec", 0}, {"8", 8}, {"16", 16}, {"32", 32}, {"64", 64}};
constexpr std::pair<std::string_view, Field> kPlain[] = {{"text", {.kind = Kind::kText}},
                                                         {"nul", {.kind = Kind::kNul}},
                                                         {"bit0", {.kind = Kind::kBit, .width = 0}},
                                                         {"bit1", {.kind = Kind::kBit, .width = 1}},
                                                         {"silence", {.kind = Kind::kSilence}}};

std::optional<Field> ParseNumber(std::string_view text) {
  for (const auto& [name, kind] : kNumbers) {
    for (const auto& [digits, width] : kWidths) {
      if (text == fmt::format("{}{}", name, digits)) return Field{.kind = kind, .width = width};
    }
  }
  return std::nullopt;
}

bool ApplyModifier(std::string_view text, Field* field) {
  const bool order = (text == "le" || text == "be") && field->width > 0;
  if (order) {
    field->bytes = text == "le" ? Field::ByteOrder::kLittle : Field::ByteOrder::kBig;
  }
  if (text != "n" || field->kind != Kind::kLength) return order;
  return field->counts_nul = true;
}

std::optional<Field> ParseField(std::string_view text) {
  for (const auto& [name, field] : kPlain) {
    if (text == name) return field;
  }
  const std::vector<std::string_view> parts = Split(text, ':');
  auto field = ParseNumber(parts[0]);
  for (std::size_t i = 1; field && i < parts.size(); ++i) {
    if (!ApplyModifier(parts[i], &*field)) return std::nullopt;
  }
  return field;
}

std::string FieldText(const Field& field) {
  for (const auto& [name, plain] : kPlain) {
    if (field == plain) return std::string(name);
  }
  std::string text;
  for (const auto& [name, kind] : kNumbers) {
    if (kind == field.kind) text = name;
  }
  for (const auto& [name, width] : kWidths) {
    if (width == field.width) text += name;
  }
  if (field.bytes == Field::ByteOrder::kLittle) text += ":le";
  if (field.bytes == Field::ByteOrder::kBig) text += ":be";
  return field.counts_nul ? text + ":n" : text;
}

bool IsEnd(Kind kind) { return kind == Kind::kNul || kind == Kind::kSilence; }

// Empty, or why a decoder could not follow it.
std::string WhyUnclear(const Layout& layout) {
  const auto at = [&](Kind kind) {
    return std::find_if(layout.begin(), layout.end(), [=](auto& f) { return f.kind == kind; });
  };
  for (const Field& field : layout) {
    const auto same = [&](auto& other) { return other.kind == field.kind; };
    if (field.kind != Kind::kBit && std::count_if(layout.begin(), layout.end(), same) > 1) {
      return "has the same field twice";
    }
  }
  const auto text = at(Kind::kText);
  const auto length = at(Kind::kLength);
  const auto silence = at(Kind::kSilence);
  if (text == layout.end()) return "has no text";
  const auto after = text + 1;
  const bool nul = after != layout.end() && after->kind == Kind::kNul;
  if (at(Kind::kNul) != layout.end() && !nul) return "has its nul elsewhere than after the text";
  if (length != layout.end() && length->counts_nul && !nul) return "counts a nul that is not there";
  if (length != layout.end() && length > text) return "has its length after the text";
  if (silence != layout.end() && silence + 1 != layout.end()) return "goes on after its silence";
  if (silence != layout.end() && (after != silence || length != layout.end())) {
    return "has another end than its silence";
  }
  if (length == layout.end() && !nul && silence == layout.end()) {
    return "does not show where its text ends; add nul, a len or silence";
  }
  return "";
}

// A word's group, of which it has to be the only one; *error says what is wrong with the word.
std::string_view Apply(std::string_view text, Format* format, std::string* error) {
  if (const Word* word = Find(text)) {
    word->apply(*format);
    return word->group;
  }
  for (const std::string_view time : kTimes) {
    if (!text.starts_with(time) || text.substr(time.size(), 1) != "=") continue;
    *error = ApplyTime(time, text.substr(time.size() + 1), format);
    return time;
  }
  if (text.empty()) {
    *error = "an empty word; write words with single commas between them, such as msb,nul";
  } else if (auto layout = ParseLayout(text, error)) {
    format->layout = std::move(*layout);
  }
  return "layout";
}

}  // namespace

std::optional<Layout> ParseLayout(std::string_view text, std::string* error) {
  Layout layout;
  for (const std::string_view part : Split(text, '+')) {
    const auto field = ParseField(part);
    if (!field) {
      *error = fmt::format("\"{}\" is no word of a format; write {}", part, AllWords());
      return std::nullopt;
    }
    layout.push_back(*field);
  }
  // The text may go without saying: it is what the end ends, or all that follows.
  if (std::none_of(layout.begin(), layout.end(), [](auto& f) { return f.kind == Kind::kText; })) {
    layout.insert(layout.end() - (IsEnd(layout.back().kind) ? 1 : 0), Field{});
  }
  const std::string unclear = WhyUnclear(layout);
  if (unclear.empty()) return layout;
  *error = fmt::format("\"{}\" {}", text, unclear);
  return std::nullopt;
}

std::string ToString(const Layout& layout) {
  if (layout.size() == 2 && IsEnd(layout[1].kind)) return FieldText(layout[1]);
  if (layout.size() == 2 && layout[0].kind == Kind::kLength) return FieldText(layout[0]);
  std::string text;
  for (const Field& field : layout) text += FieldText(field) + '+';
  text.pop_back();
  return text;
}

std::string Format::ToString() const {
  std::string text;
  const auto add = [&](std::span<const Word> words) {
    for (const Word& word : words) {
      if (word.applies(*this)) text += fmt::format("{},", word.text);
    }
  };
  add(std::span(kWords).first(kWordsBeforeLayout));
  text += classic::ToString(layout) + ',';
  add(std::span(kWords).subspan(kWordsBeforeLayout));
  text.pop_back();
  if (pause) text += fmt::format(",pause={}", pause->count());
  if (delay.count() > 0) text += fmt::format(",delay={}", delay.count());
  return text;
}

std::optional<Format> Parse(std::string_view words, std::string* error) {
  Format format;
  std::set<std::string_view> groups;
  error->clear();
  for (const std::string_view word : Split(words, ',')) {
    const std::string_view group = Apply(word, &format, error);
    if (!error->empty()) return std::nullopt;
    if (!groups.insert(group).second) {
      *error = fmt::format("\"{}\" is the second word on {}; leave one of them out", word, group);
      return std::nullopt;
    }
  }
  return format;
}

std::span<const WordGroup> WordGroups() {
  static constexpr WordGroup kGroups[] = {
      {"msb | lsb", "the bit of a byte that goes first"},
      {"usr1=0 | usr1=1", "the bit that SIGUSR1 is; SIGUSR2 is the other"},
      {"nul | silence | len32 | len64",
       "a zero byte or the client's silence ends a message, or its length precedes it: bytes, a "
       "binary number of 32 or 64 bits, in the same order"},
      {"FIELD+FIELD",
       "in place of that: what a message is made of, as it travels: text, nul, silence, bit0, "
       "bit1, and the numbers len, pid, sum and xor, of 8, 16, 32 or 64 bits (sum8) or decimal "
       "digits and a zero byte (lendec). len32:n counts the nul as well; len32:le, :be have the "
       "least or the most significant byte first"},
      {"ack=bit | ack=byte | ack=none", "after what the server answers"},
      {"acksig=usr1 | acksig=usr2", "what it answers; our client takes either"},
      {"end=usr1 | end=usr2 | end=none",
       "what answers a message's last bit in place of the acknowledgement; none: nothing does"},
      {"hello=usr1/usr1 | hello=usr1/usr2 | hello=usr2/usr1 | hello=usr2/usr2",
       "what the client sends before the first bit, and what it is answered with; by default "
       "nothing"},
      {"mark=usr1 | mark=usr2", "a further signal after each byte; by default none"},
      {"pause=MICROSECONDS",
       "of the client after each bit and its answer; by default 100 after a bit that is not "
       "answered. There the client also waits until /proc shows it taken"},
      {"delay=MICROSECONDS", "of the server before each answer; by default none"},
  };
  return kGroups;
}

}  // namespace minitalk::classic

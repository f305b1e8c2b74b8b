#include "protocols/classic/format.h"

#include <fmt/format.h>

#include <array>
#include <set>

#include "core/wire/text.h"

namespace minitalk::classic {
namespace {

constexpr std::string_view kPause = "pause=";
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
    Choice<&Format::framing, Framing::kNul>("nul", "framing"),
    Choice<&Format::framing, Framing::kLength32>("len32", "framing"),
    Choice<&Format::framing, Framing::kLength64>("len64", "framing"),
    Choice<&Format::ack, Ack::kBit>("ack=bit", "ack"),
    Choice<&Format::ack, Ack::kByte>("ack=byte", "ack"),
    Choice<&Format::ack, Ack::kNone>("ack=none", "ack"),
    Choice<&Format::ack_signal, Signal::kUsr1>("acksig=usr1", "acksig"),
    Choice<&Format::ack_signal, Signal::kUsr2>("acksig=usr2", "acksig"),
    Choice<&Format::end, Signal::kUsr1>("end=usr1", "end"),
    Choice<&Format::end, Signal::kUsr2>("end=usr2", "end"),
};

const Word* Find(std::string_view text) {
  for (const Word& word : kWords) {
    if (word.text == text) return &word;
  }
  return nullptr;
}

std::string AllWords() {
  std::string all;
  for (const Word& word : kWords) all += fmt::format("{}, ", word.text);
  return all + "pause=MICROSECONDS";
}

// Empty, or what is wrong with it.
std::string ApplyPause(std::string_view digits, Format* format) {
  const auto value = ParseWhole<long>(digits);
  if (!value || *value < 0 || *value > kLongestPause.count()) {
    return fmt::format("pause=\"{}\" is not 0 to {} microseconds", digits, kLongestPause.count());
  }
  format->pause = std::chrono::microseconds(*value);
  return "";
}

std::string Apply(std::string_view text, Format* format, std::set<std::string_view>* groups) {
  const bool is_pause = text.starts_with(kPause);
  const Word* word = Find(text);
  if (!is_pause && word == nullptr) {
    return text.empty()
               ? "an empty word; write words with single commas between them, such as msb,nul"
               : fmt::format("\"{}\" is no word of a format; write {}", text, AllWords());
  }
  const std::string_view group = is_pause ? kPause.substr(0, 5) : word->group;
  if (!groups->insert(group).second) {
    return fmt::format("\"{}\" is the second word on {}; leave one of them out", text, group);
  }
  if (is_pause) return ApplyPause(text.substr(kPause.size()), format);
  word->apply(*format);
  return "";
}

}  // namespace

std::string Format::ToString() const {
  std::string text;
  for (const Word& word : kWords) {
    if (word.applies(*this)) text += fmt::format("{}{}", text.empty() ? "" : ",", word.text);
  }
  const bool usual = ack == Ack::kBit || pause == Format{}.pause;
  return usual ? text : fmt::format("{},{}{}", text, kPause, pause.count());
}

std::optional<Format> Parse(std::string_view words, std::string* error) {
  Format format;
  std::set<std::string_view> groups;
  for (bool more = true; more;) {
    const auto comma = words.find(',');
    more = comma != std::string_view::npos;
    *error = Apply(words.substr(0, comma), &format, &groups);
    if (!error->empty()) return std::nullopt;
    if (more) words.remove_prefix(comma + 1);
  }
  if (format.ack == Ack::kBit && groups.contains("pause")) {
    *error = "pause= is for bits that nobody answers; leave it out or add ack=none or ack=byte";
    return std::nullopt;
  }
  return format;
}

std::span<const WordGroup> WordGroups() {
  static constexpr WordGroup kGroups[] = {
      {"msb | lsb", "the bit of a byte that goes first"},
      {"usr1=0 | usr1=1", "the bit that SIGUSR1 is; SIGUSR2 is the other"},
      {"nul | len32 | len64",
       "a zero byte ends a message, or its length precedes it: bytes, a binary number of 32 or 64 "
       "bits, in the same order"},
      {"ack=bit | ack=byte | ack=none", "after what the server answers"},
      {"acksig=usr1 | acksig=usr2", "what it answers; our client takes either"},
      {"end=usr1 | end=usr2",
       "what answers a message's last bit in place of the acknowledgement; by default nothing "
       "does"},
      {"pause=MICROSECONDS",
       "after a bit that is not answered; 100 by default. The client also waits until /proc shows "
       "it taken"},
  };
  return kGroups;
}

}  // namespace minitalk::classic

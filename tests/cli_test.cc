// What all command lines share: tables and lists that fit the terminal, and what somebody who
// mistyped a name probably meant. The distance is held against its definition.
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "apps/cli/screen.h"
#include "apps/cli/table.h"
#include "core/wire/protocol.h"
#include "core/wire/text.h"
#include "protocols/registry.h"

namespace minitalk {
namespace {

Table Example() {
  Table table({{.heading = "name", .width = 6},
               {.heading = "what", .wraps = true},
               {.heading = "bits", .align = Align::kRight, .drop = 1},
               {.heading = "time", .align = Align::kRight, .drop = 2}});
  table.AddLine("group");
  table.AddRow({"a", "some words that take quite a lot of room", "12", "3.5 s"});
  return table;
}

TEST(Table, IsWholeWhereNothingLimitsIt) {
  const std::string whole =
      "name   what                                     bits  time\n"
      "group\n"
      "a      some words that take quite a lot of room   12 3.5 s\n";
  EXPECT_EQ(Example().Render(std::nullopt), whole);
  EXPECT_EQ(Example().Render(58), whole);
  EXPECT_EQ(Example().Width(), 58U);
}

TEST(Table, WrapsWordsBeforeItLeavesAColumnOut) {
  EXPECT_EQ(Example().Render(45),
            "name what                          bits  time\n"
            "group\n"
            "a    some words that take quite a    12 3.5 s\n"
            "      lot of room\n");
}

TEST(Table, NamesTheColumnsThatItLeavesOut) {
  const std::string text = Example().Render(39);
  EXPECT_NE(text.find("narrow:\ntime."), std::string::npos) << text;
  EXPECT_NE(text.find("bits"), std::string::npos) << text;
  EXPECT_NE(Example().Render(34).find("bits, time."), std::string::npos) << Example().Render(34);
}

TEST(Table, FitsAnyWidth) {
  for (std::size_t columns = 20; columns < 70; ++columns) {
    std::istringstream text(Example().Render(columns));
    for (std::string line; std::getline(text, line);) EXPECT_LE(line.size(), columns) << line;
  }
}

TEST(Screen, WrapsBetweenWords) {
  EXPECT_EQ(Wrap("one two three", 8, 2), "one two\n  three");
  EXPECT_EQ(Wrap("incomprehensible word", 4), "incomprehensible\nword");
  EXPECT_EQ(Wrap("", 4), "");
  EXPECT_EQ(Entry("  --a", "one two three", 8, 15), "  --a   one two\n        three\n");
  EXPECT_EQ(Entry("  --along", "one", 8, 15), "  --along\n        one\n");
}

// The definition, with no table: exponential, for short words.
std::size_t Defined(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return a.size() + b.size();
  const auto tail = [](std::string_view word, std::size_t n) { return word.substr(n); };
  std::size_t best = std::min(Defined(tail(a, 1), b) + 1, Defined(a, tail(b, 1)) + 1);
  best = std::min(best, Defined(tail(a, 1), tail(b, 1)) + (a[0] == b[0] ? 0u : 1u));
  if (a.size() > 1 && b.size() > 1 && a[0] == b[1] && a[1] == b[0]) {
    best = std::min(best, Defined(tail(a, 2), tail(b, 2)) + 1);
  }
  return best;
}

class Words {
 public:
  // Of few letters, so that they have something in common.
  std::string Next() {
    std::string word(random_() % 6, ' ');
    for (char& letter : word) letter = static_cast<char>('a' + random_() % 3);
    return word;
  }

 private:
  std::mt19937 random_{1};
};

TEST(EditDistance, IsWhatItsDefinitionSays) {
  Words words;
  for (int i = 0; i < 2'000; ++i) {
    const std::string a = words.Next();
    const std::string b = words.Next();
    EXPECT_EQ(EditDistance(a, b), Defined(a, b)) << a << ' ' << b;
    EXPECT_EQ(EditDistance(a, b), EditDistance(b, a)) << a << ' ' << b;
    EXPECT_EQ(EditDistance(a, b) == 0, a == b) << a << ' ' << b;
  }
}

TEST(EditDistance, Examples) {
  EXPECT_EQ(EditDistance("", ""), 0u);
  EXPECT_EQ(EditDistance("", "ack"), 3u);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3u);
  EXPECT_EQ(EditDistance("lnaes", "lanes"), 1u);
  EXPECT_EQ(EditDistance("ACK", "ack"), 0u);
  EXPECT_EQ(EditDistance("ca", "abc"), 3u);  // no letter is touched twice
}

constexpr std::array<std::string_view, 4> kNames{"ack", "lanes", "siginfo", "sigqueue"};

TEST(Nearest, TheFirstOfTheNearest) {
  EXPECT_EQ(Nearest("akc", kNames), "ack");
  EXPECT_EQ(Nearest("LANES", kNames), "lanes");
  EXPECT_EQ(Nearest("lane", kNames), "lanes");
  EXPECT_EQ(Nearest("sigque", kNames), "sigqueue");
  constexpr std::array<std::string_view, 2> kEqual{"abc", "abd"};
  EXPECT_EQ(Nearest("abx", kEqual), "abc");
}

TEST(Nearest, NothingThatIsNotNear) {
  for (const char* typed : {"", "a", "x", "telepathy", "signal", "xyz", "lanes lanes"}) {
    EXPECT_EQ(Nearest(typed, kNames), std::nullopt) << typed;
  }
  constexpr std::array<std::string_view, 1> kLetter{"a"};
  EXPECT_EQ(Nearest("b", kLetter), std::nullopt);  // nothing of it would be left
  EXPECT_EQ(Nearest("ack", {}), std::nullopt);
  EXPECT_EQ(Nearest(std::string(1'000'000, 'a'), kNames), std::nullopt);
}

TEST(Nearest, OneMistakeInAnyProtocolIsUnderstood) {
  const auto names = NamesOf(AllProtocols());
  ASSERT_FALSE(names.empty());
  for (const std::string_view name : names) {
    EXPECT_EQ(Nearest(name, names), name);
    for (std::size_t i = 0; i <= name.size(); ++i) {
      const std::string begin(name.substr(0, i));
      EXPECT_EQ(Nearest(begin + "#" + std::string(name.substr(i)), names), name);
      if (i == name.size()) continue;
      EXPECT_EQ(Nearest(begin + "#" + std::string(name.substr(i + 1)), names), name);
      EXPECT_EQ(Nearest(begin + std::string(name.substr(i + 1)), names), name);
    }
  }
}

TEST(DidYouMean, IsAClauseOrNothing) {
  EXPECT_EQ(DidYouMean("akc", kNames), " (did you mean \"ack\"?)");
  EXPECT_EQ(DidYouMean("ACK", kNames), " (did you mean \"ack\"?)");
  EXPECT_EQ(DidYouMean("ack", kNames), "");
  EXPECT_EQ(DidYouMean("telepathy", kNames), "");
}

TEST(DidYouMean, InARegularExpression) {
  for (const char* pattern : {"akc", "^akc/", "-akc", "^(akc|lanes)/16/", "akc/.*", "^akc:20/"}) {
    EXPECT_EQ(DidYouMeanIn(pattern, kNames), " (did you mean \"ack\"?)") << pattern;
  }
  for (const char* pattern : {"", "-", "^(", "ack/17/", "^.*akc", "[a]kc", "telepathy/"}) {
    EXPECT_EQ(DidYouMeanIn(pattern, kNames), "") << pattern;
  }
}

}  // namespace
}  // namespace minitalk

// Tables and lists that fit the terminal.
#include "apps/cli/table.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "apps/cli/screen.h"

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

}  // namespace
}  // namespace minitalk

// Finding a format out: from the bits, from the pauses, and both together. No processes here.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "protocols/classic/codec.h"
#include "protocols/classic/reader.h"

namespace minitalk::classic {
namespace {

Format Of(std::string_view words) {
  std::string error;
  return Parse(words, &error).value();
}

std::vector<Signal> BitsOf(const Format& format, std::string_view text) {
  const Encoder encoder(format, std::as_bytes(std::span(text)));
  std::vector<Signal> bits;
  for (std::size_t i = 0; i < encoder.size(); ++i) bits.push_back(encoder[i]);
  return bits;
}

constexpr std::uint64_t kMax = 1 << 20;

std::vector<Format> BitFormats() {
  std::vector<Format> all;
  for (const char* order : {"msb", "lsb"}) {
    for (const char* polarity : {"usr1=0", "usr1=1"}) {
      for (const char* framing : {"nul", "len32", "len64"}) {
        all.push_back(Of(fmt::format("{},{},{}", order, polarity, framing)));
      }
    }
  }
  return all;
}

TEST(Text, WhatIsText) {
  for (const char* text : {"", "hello", "a\tb\r\n", "schön", "שלום", "日本語", "👍🏽", " "}) {
    EXPECT_TRUE(IsText(text)) << text;
  }
  for (const char* text :
       {"\x01", "\x7f", "\xff", "\xc3", "a\x1b[0m", "\xc2\x80", "\xed\xa0\x80"}) {
    EXPECT_FALSE(IsText(text)) << text;
  }
  EXPECT_FALSE(IsText(std::string_view("\0", 1)));
}

TEST(Readings, EveryFormatIsTheLikeliest) {
  for (const Format& format : BitFormats()) {
    for (const char* text :
         {"hello", "Hello, World! 0123", "héllo wörld 😀", "שלום עולם", "two\nlines\n",
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
      const auto readings = PlausibleReadings(BitsOf(format, text), kMax);
      ASSERT_FALSE(readings.empty()) << format.ToString();
      EXPECT_EQ(readings.front().format, format) << text;
      EXPECT_EQ(readings.front().messages, std::vector<std::string>{text});
    }
  }
}

// The rarer ones: each is the only reading, or the first of those that say the same.
TEST(Readings, RareFormats) {
  constexpr std::uint64_t kPid = 4711;
  for (const char* words :
       {"len32:n+text+nul", "len64:n+text+nul,usr1=1", "len32+text+nul", "len64+text+nul",
        "len32:le", "lsb,len32:be", "lendec", "lsb,lendec+text+nul", "bit0+len32", "bit1+len32",
        "pid32+text+nul", "piddec+text+nul,lsb", "sum8+text+nul", "nul,mark=usr2", "nul,mark=usr1",
        "nul,hello=usr1/usr1", "lsb,nul,hello=usr2/usr1", "len32,mark=usr2"}) {
    const Format format = Of(words);
    const Encoder encoder(format, std::as_bytes(std::span(std::string_view("hello to you"))), kPid);
    std::vector<Signal> bits;
    for (std::size_t i = 0; i < encoder.size(); ++i) bits.push_back(encoder[i]);
    const auto readings = PlausibleReadings(bits, kMax, kPid);
    ASSERT_FALSE(readings.empty()) << words;
    EXPECT_EQ(readings.front().format.ToString(), format.ToString());
    EXPECT_EQ(readings.front().messages, std::vector<std::string>{"hello to you"});
    EXPECT_FALSE(Disagree(readings)) << words;
  }
}

// The sum of a text that can be printed may be the first byte of one without a sum.
TEST(Readings, AChecksumThatIsALetter) {
  const auto readings = PlausibleReadings(BitsOf(Of("sum8+text+nul"), "Hello there"), kMax);
  ASSERT_EQ(readings.size(), 2u);
  EXPECT_FALSE(IsClear(readings));
}

// No message without an end is taken for one that was cut off.
TEST(Readings, SilenceOnlyWhereThereWasOne) {
  const auto bits = BitsOf(Of("silence"), "hello");
  EXPECT_TRUE(PlausibleReadings(bits, kMax).empty());
  const auto readings = PlausibleReadings(bits, kMax, 0, true);
  ASSERT_EQ(readings.size(), 1u);
  EXPECT_EQ(readings.front().messages, std::vector<std::string>{"hello"});
}

TEST(Readings, NotAHundredEmptyMessages) {
  EXPECT_TRUE(PlausibleReadings(std::vector<Signal>(800, Signal::kUsr1), kMax).empty());
}

// What is empty reads the same in both orders, and as little else as possible.
TEST(Readings, Empty) {
  for (const Format& format : BitFormats()) {
    const auto readings = PlausibleReadings(BitsOf(format, ""), kMax);
    ASSERT_GE(readings.size(), 2u) << format.ToString();
    EXPECT_EQ(readings[0].messages, std::vector<std::string>{""});
    EXPECT_EQ(readings[0].format.layout, format.layout);
    EXPECT_EQ(readings[0].format.zero, format.zero);
    EXPECT_EQ(readings[0].format.order, Order::kMsb);
    EXPECT_EQ(readings[1].messages, std::vector<std::string>{""});
  }
}

TEST(Readings, SeveralMessages) {
  auto bits = BitsOf(Of("lsb"), "one");
  for (const Signal bit : BitsOf(Of("lsb"), "two")) bits.push_back(bit);
  const auto readings = PlausibleReadings(bits, kMax);
  ASSERT_FALSE(readings.empty());
  EXPECT_EQ(readings.front().messages, (std::vector<std::string>{"one", "two"}));
}

TEST(Readings, ADocumentedPreference) {
  // 0x66 is the same both ways; 0x6e is n or, backwards, v: small letters both; 0x42 and 0x62.
  const auto same = PlausibleReadings(BitsOf(Of("lsb"), "ff"), kMax);
  ASSERT_EQ(same.size(), 2u);
  EXPECT_FALSE(Disagree(same));
  const auto letters = PlausibleReadings(BitsOf(Of("lsb"), "n"), kMax);
  ASSERT_EQ(letters.size(), 2u);
  EXPECT_TRUE(Disagree(letters));
  EXPECT_FALSE(IsClear(letters));
  EXPECT_EQ(letters.front().format.order, Order::kMsb);
  const auto capital = PlausibleReadings(BitsOf(Of("lsb"), "b"), kMax);
  ASSERT_EQ(capital.size(), 2u);
  EXPECT_EQ(capital.front().messages, std::vector<std::string>{"b"});
}

TEST(Readings, NothingPlausible) {
  auto bits = BitsOf(Of("msb"), "hello");
  bits.pop_back();
  EXPECT_TRUE(PlausibleReadings(bits, kMax).empty());
  EXPECT_TRUE(PlausibleReadings({}, kMax).empty());
  EXPECT_TRUE(PlausibleReadings(BitsOf(Of("len32"), "\x01\x02"), kMax).empty());
  EXPECT_TRUE(PlausibleReadings(BitsOf(Of("nul"), "hello"), 4).empty());
}

using Answer = std::optional<Signal>;

TEST(AckFinder, PerBit) {
  AckFinder finder;
  EXPECT_EQ(finder.OnBit(), Answer());
  EXPECT_EQ(finder.OnSilence(true, true), Answer(Signal::kUsr1));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(finder.OnBit(), Answer(Signal::kUsr1));
  EXPECT_EQ(finder.ack(), Ack::kBit);
  EXPECT_EQ(finder.OnSilence(true, true), Answer());
}

TEST(AckFinder, PerBitByTheOther) {
  AckFinder finder;
  finder.OnBit();
  EXPECT_EQ(finder.OnSilence(true, true), Answer(Signal::kUsr1));
  EXPECT_EQ(finder.OnSilence(true, true), Answer(Signal::kUsr2));
  EXPECT_EQ(finder.OnBit(), Answer(Signal::kUsr2));
  EXPECT_EQ(finder.ack_signal(), Signal::kUsr2);
}

TEST(AckFinder, PerByte) {
  AckFinder finder;
  for (int i = 0; i < 8; ++i) EXPECT_EQ(finder.OnBit(), Answer());
  EXPECT_EQ(finder.OnSilence(false, true), Answer(Signal::kUsr2));
  for (int i = 1; i <= 32; ++i) {
    EXPECT_EQ(finder.OnBit(), i % 8 == 0 ? Answer(Signal::kUsr2) : Answer());
  }
  EXPECT_EQ(finder.ack(), Ack::kByte);
}

TEST(AckFinder, Stream) {
  AckFinder finder;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(finder.OnBit(), Answer());
  EXPECT_EQ(finder.OnSilence(true, true), Answer());
  for (int i = 0; i < 30; ++i) EXPECT_EQ(finder.OnBit(), Answer());
  EXPECT_EQ(finder.ack(), Ack::kNone);
}

// Nobody who would die of it, or ignore it, is answered, and going on later is no consequence.
TEST(AckFinder, WhoTakesNothing) {
  AckFinder finder;
  finder.OnBit();
  EXPECT_EQ(finder.OnSilence(false, false), Answer());
  for (int i = 0; i < 30; ++i) EXPECT_EQ(finder.OnBit(), Answer());
  EXPECT_EQ(finder.ack(), Ack::kNone);
}

constexpr Reader::Takes kBoth{.usr1 = true, .usr2 = true};

// A client in `format` that has all time in the world, in front of a reader that knows nothing. It
// goes on only when it is answered as it wants, or when nothing is left to be tried.
struct Conversation {
  std::vector<std::string> messages;
  std::string found;
  std::size_t bits_sent = 0;
  bool ended = false;  // by the final signal that it wants

  void Note(const Reader::Outcome& outcome) {
    messages.insert(messages.end(), outcome.messages.begin(), outcome.messages.end());
    found += outcome.found;
  }

  Conversation(Reader& reader, const Format& format, std::string_view text) {
    const auto bits = BitsOf(format, text);
    for (const Signal bit : bits) {
      Reader::Outcome outcome = reader.OnBit(bit);
      Note(outcome);
      const bool last = ++bits_sent == bits.size();
      const bool asks = format.ack == Ack::kBit || (format.ack == Ack::kByte && bits_sent % 8 == 0);
      bool answered = outcome.answer == format.ack_signal;
      while (asks && !answered && reader.AwaitsSilence()) {
        outcome = reader.OnSilence(kBoth);
        Note(outcome);
        answered = outcome.answer == format.ack_signal;
      }
      if (asks && !answered && !last) return;
    }
    while (reader.AwaitsSilence()) {
      const Reader::Outcome outcome = reader.OnSilence(kBoth);
      Note(outcome);
      ended = ended || (outcome.answer && outcome.answer == format.end);
    }
  }
};

TEST(DetectingReader, EveryFormat) {
  for (const Format& bit_format : BitFormats()) {
    for (const char* ack : {"ack=bit", "ack=byte", "ack=none"}) {
      for (const char* signal : {"acksig=usr1", "acksig=usr2"}) {
        Format format = Of(fmt::format("{},{}", ack, signal));
        format.order = bit_format.order;
        format.zero = bit_format.zero;
        format.layout = bit_format.layout;
        if (format.ack == Ack::kNone) format.ack_signal = Signal::kUsr1;
        format.end = Opposite(format.ack_signal);
        const auto reader = NewReader(std::nullopt, kMax);
        const Conversation first(*reader, format, "Hello, wörld 😀");
        EXPECT_EQ(first.messages, std::vector<std::string>{"Hello, wörld 😀"}) << format.ToString();
        EXPECT_TRUE(first.ended) << format.ToString();
        Format seen = format;
        seen.end.reset();
        EXPECT_EQ(first.found, "speaks " + seen.ToString());
        // What was found serves for the next one.
        const Conversation next(*reader, format, "fff");
        EXPECT_EQ(next.messages, std::vector<std::string>{"fff"}) << format.ToString();
        EXPECT_EQ(next.found, "");
        EXPECT_TRUE(reader->AtRest());
      }
    }
  }
}

// An order that has not shown yet is not taken for granted.
TEST(DetectingReader, KeepsLookingWhileItIsUndecided) {
  const auto reader = NewReader(std::nullopt, kMax);
  const Conversation first(*reader, Of("lsb"), "");
  EXPECT_EQ(first.messages, std::vector<std::string>{""});
  EXPECT_NE(first.found.find("say the same in lsb"), std::string::npos) << first.found;
  const Conversation next(*reader, Of("lsb"), "hello");
  EXPECT_EQ(next.messages, std::vector<std::string>{"hello"});
}

TEST(DetectingReader, NothingPlausibleIsNotPrinted) {
  const auto reader = NewReader(std::nullopt, kMax);
  const Conversation binary(*reader, Of("len32,ack=none"), "\x01\x02\x03");
  EXPECT_TRUE(binary.messages.empty());
  EXPECT_FALSE(reader->AtRest());
  EXPECT_TRUE(reader->OnEnd().messages.empty());
}

TEST(DetectingReader, WhatCannotBeToldIsNotPrinted) {
  const auto reader = NewReader(std::nullopt, kMax);
  const Conversation letter(*reader, Of("lsb"), "n");
  EXPECT_TRUE(letter.messages.empty());
  EXPECT_NE(letter.found.find("cannot be told"), std::string::npos) << letter.found;
  EXPECT_TRUE(reader->OnEnd().messages.empty());
}

TEST(DetectingReader, EndsWithTheClient) {
  const auto reader = NewReader(std::nullopt, kMax);
  for (const Signal bit : BitsOf(Of("lsb,ack=none"), "hello")) reader->OnBit(bit);
  EXPECT_EQ(reader->OnEnd().messages, std::vector<std::string>{"hello"});
}

TEST(DetectingReader, TooLong) {
  const auto reader = NewReader(std::nullopt, 2);
  bool too_long = false;
  for (int i = 0; i < 200 && !too_long; ++i) too_long = reader->OnBit(Signal::kUsr2).too_long;
  EXPECT_TRUE(too_long);
}

TEST(KnownReader, MessagesBeforeAnswers) {
  const auto reader = NewReader(Of("end=usr2"), kMax);
  const auto bits = BitsOf(Of("msb"), "x");
  for (std::size_t i = 0; i < bits.size(); ++i) {
    const Reader::Outcome outcome = reader->OnBit(bits[i]);
    const bool last = i + 1 == bits.size();
    EXPECT_EQ(outcome.messages.size(), last ? 1u : 0u);
    EXPECT_EQ(outcome.answer, last ? Signal::kUsr2 : Signal::kUsr1);
  }
  EXPECT_FALSE(reader->AwaitsSilence());
}

}  // namespace
}  // namespace minitalk::classic

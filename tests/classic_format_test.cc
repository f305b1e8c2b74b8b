// The words of --classic, and messages to bits and back in every format.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "protocols/classic/codec.h"
#include "protocols/classic/format.h"

namespace minitalk::classic {
namespace {

std::string ErrorOf(std::string_view words) {
  std::string error;
  return Parse(words, &error) ? "" : error;
}

Format Of(std::string_view words) {
  std::string error;
  const auto format = Parse(words, &error);
  EXPECT_TRUE(format) << words << ": " << error;
  return format.value_or(Format{});
}

std::span<const std::byte> Bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

// As a string of 0 (SIGUSR1) and 1 (SIGUSR2).
std::string Signals(const Format& format, std::string_view text) {
  const Encoder bits(format, Bytes(text));
  std::string signals;
  for (std::size_t i = 0; i < bits.size(); ++i) signals += bits[i] == Signal::kUsr1 ? '0' : '1';
  return signals;
}

// Every format there is, but for the pause.
std::vector<Format> AllFormats() {
  std::vector<Format> all;
  for (const char* order : {"msb", "lsb"}) {
    for (const char* polarity : {"usr1=0", "usr1=1"}) {
      for (const char* framing : {"nul", "len32", "len64"}) {
        for (const char* ack : {"ack=bit", "ack=byte", "ack=none"}) {
          for (const char* signal : {"acksig=usr1", "acksig=usr2"}) {
            for (const char* end : {"", ",end=usr1", ",end=usr2"}) {
              all.push_back(
                  Of(fmt::format("{},{},{},{},{}{}", order, polarity, framing, ack, signal, end)));
            }
          }
        }
      }
    }
  }
  return all;
}

TEST(Format, DefaultsAreTheFirst) {
  EXPECT_EQ(Of("msb"), Format{});
  EXPECT_EQ(Of("ack=bit,nul,usr1=0,acksig=usr1"), Format{});
  EXPECT_EQ(Format{}.ToString(), "msb,usr1=0,nul,ack=bit,acksig=usr1");
}

TEST(Format, AnyOrder) {
  const Format format = Of("end=usr1,len64,acksig=usr2,usr1=1,lsb,ack=byte,pause=5");
  EXPECT_EQ(format.order, Order::kLsb);
  EXPECT_EQ(format.zero, Signal::kUsr2);
  EXPECT_EQ(ToString(format.layout), "len64");
  EXPECT_EQ(format.ack, Ack::kByte);
  EXPECT_EQ(format.ack_signal, Signal::kUsr2);
  EXPECT_EQ(format.end, Signal::kUsr1);
  EXPECT_EQ(format.pause, std::chrono::microseconds(5));
  EXPECT_EQ(format.ToString(), "lsb,usr1=1,len64,ack=byte,acksig=usr2,end=usr1,pause=5");
}

TEST(Format, RoundTrip) {
  const auto all = AllFormats();
  EXPECT_EQ(all.size(), 2u * 2 * 3 * 3 * 2 * 3);
  for (const Format& format : all) EXPECT_EQ(Of(format.ToString()), format) << format.ToString();
  const Format paused = Of("ack=none,pause=0");
  EXPECT_EQ(Of(paused.ToString()), paused);
}

// The rarer parts of the grammar.
constexpr const char* kRare[] = {"len32:n+text+nul",
                                 "len32+text+nul,mark=usr2",
                                 "len32:le,ack=byte",
                                 "lsb,len16:be,ack=none,mark=usr1",
                                 "lendec,usr1=1",
                                 "sum8+text+nul,end=none",
                                 "text+nul+xor16,hello=usr2/usr1",
                                 "pid32+text+nul",
                                 "piddec+len8+text+sum64",
                                 "bit1+len32,ack=byte,end=none",
                                 "hello=usr1/usr2,bit0+lendec:n+bit1+text+nul,mark=usr1",
                                 "nul,pause=50,delay=70"};

TEST(Format, RareOnesRoundTrip) {
  for (const char* words : kRare) EXPECT_EQ(Of(Of(words).ToString()), Of(words)) << words;
  EXPECT_EQ(Of("sum8+nul"), Of("sum8+text+nul"));
  EXPECT_EQ(Of("silence"), Of("text+silence"));
  EXPECT_EQ(Of("len64").ToString(), Of("len64+text").ToString());
}

TEST(Format, LayoutsThatShowNoEnd) {
  for (const char* layout :
       {"text", "bit1", "sum8+text", "text+len32", "nul+text", "text+text+nul", "len32:n+text",
        "len32+text+silence", "text+silence+nul", "text+nul+silence", "len32:x", "nul:n",
        "lendec:le", "sum32:n", "len32+", "+len32", "len32++text"}) {
    EXPECT_NE(ErrorOf(layout), "") << layout;
  }
}

TEST(Format, ErrorsNameTheRemedy) {
  EXPECT_NE(ErrorOf("big").find("msb, lsb"), std::string::npos) << ErrorOf("big");
  EXPECT_NE(ErrorOf("msb,lsb").find("leave one of them out"), std::string::npos);
  EXPECT_NE(ErrorOf("ack=none,pause=1e3").find("microseconds"), std::string::npos);
  for (const char* words : {"",
                            ",",
                            "msb,",
                            ",msb",
                            "msb,,nul",
                            "msb nul",
                            " msb",
                            "MSB",
                            "usr1",
                            "usr1=2",
                            "usr2=0",
                            "ack",
                            "ack=",
                            "ack=bits",
                            "acksig=USR1",
                            "end=usr3",
                            "len12",
                            "msb,msb",
                            "nul,len32",
                            "usr1=0,usr1=1",
                            "ack=none,pause=",
                            "ack=none,pause=-1",
                            "ack=none,pause=1000001",
                            "ack=none,pause=1,pause=1",
                            "ack=none,pause=99999999999999999999",
                            "detect"}) {
    EXPECT_NE(ErrorOf(words), "") << '"' << words << '"';
  }
}

TEST(Encoder, Examples) {
  EXPECT_EQ(Signals(Of("msb"), "a"), "0110000100000000");
  EXPECT_EQ(Signals(Of("lsb"), "a"), "1000011000000000");
  EXPECT_EQ(Signals(Of("usr1=1"), "a"), "1001111011111111");
  EXPECT_EQ(Signals(Of("len32"), "a"), std::string(31, '0') + "1" + "01100001");
  EXPECT_EQ(Signals(Of("lsb,len32"), "a"), "1" + std::string(31, '0') + "10000110");
  EXPECT_EQ(Signals(Of("len64"), "ab"), std::string(62, '0') + "10" + "0110000101100010");
  EXPECT_EQ(Signals(Of("nul"), ""), "00000000");
  EXPECT_EQ(Signals(Of("len32,usr1=1"), ""), std::string(32, '1'));
}

TEST(Encoder, RareExamples) {
  EXPECT_EQ(Signals(Of("len8:n+text+nul"), "a"),
            "00000010"
            "01100001"
            "00000000");
  EXPECT_EQ(Signals(Of("len16:le"), "a"),
            "00000001"
            "00000000"
            "01100001");
  EXPECT_EQ(Signals(Of("lendec"), "a"),
            "00110001"
            "00000000"
            "01100001");
  EXPECT_EQ(Signals(Of("sum8+text+nul"), "aa"),
            "11000010"
            "01100001"
            "01100001"
            "00000000");
  EXPECT_EQ(Signals(Of("bit1+len8"), ""),
            "1"
            "00000000");
  EXPECT_EQ(Signals(Of("hello=usr2/usr1,mark=usr2"), ""),
            "1"
            "00000000"
            "1");
  EXPECT_EQ(Signals(Of("silence"), "a"), "01100001");
}

TEST(Encoder, WhatDoesNotFit) {
  const std::string_view zero("a\0b", 3);
  EXPECT_TRUE(WhyNot(Of("nul"), Bytes(zero)));
  EXPECT_FALSE(WhyNot(Of("len32"), Bytes(zero)));
  EXPECT_FALSE(WhyNot(Of("nul"), Bytes("ab")));
}

TEST(Decoder, EveryFormatAndByte) {
  std::string all;
  for (int byte = 1; byte < 256; ++byte) all += static_cast<char>(byte);
  for (const Format& format : AllFormats()) {
    Decoder decoder(format, all.size());
    for (const std::string& text : {std::string(), std::string("x"), all, std::string()}) {
      const Encoder bits(format, Bytes(text));
      for (std::size_t i = 0; i < bits.size(); ++i) {
        EXPECT_EQ(decoder.AtRest(), i == 0);
        const Step step = decoder.Take(bits[i]);
        const Step expected = i + 1 == bits.size() ? Step::kMessage
                              : (i + 1) % 8 == 0   ? Step::kByte
                                                   : Step::kBit;
        ASSERT_EQ(step, expected) << format.ToString() << " bit " << i;
      }
      const auto& message = decoder.message();
      EXPECT_EQ(std::string(reinterpret_cast<const char*>(message.data()), message.size()), text);
    }
  }
}

TEST(Decoder, RareFormats) {
  for (const char* words : kRare) {
    Decoder decoder(Of(words), 100, 4711);
    for (const std::string& text : {std::string("x"), std::string(), std::string(100, 'z')}) {
      const Encoder bits(Of(words), Bytes(text), 4711);
      for (std::size_t i = 0; i < bits.size(); ++i) {
        ASSERT_EQ(decoder.Take(bits[i]), bits.At(i).step) << words << " signal " << i;
      }
      const auto& message = decoder.message();
      EXPECT_EQ(std::string(reinterpret_cast<const char*>(message.data()), message.size()), text);
      EXPECT_TRUE(decoder.AtRest());
    }
  }
}

// A message that the format contradicts is not handed on, and nothing is after it.
TEST(Decoder, WhatIsNotOfTheFormat) {
  const auto last_step = [](const char* decoded, const char* sent, std::uint64_t pid = 0) {
    Decoder decoder(Of(decoded), 100, pid);
    const Encoder bits(Of(sent), Bytes("hello"), 42);
    Step last = Step::kBit;
    for (std::size_t i = 0; i < bits.size(); ++i) last = decoder.Take(bits[i]);
    EXPECT_FALSE(decoder.EndsHere());
    return last;
  };
  EXPECT_EQ(last_step("sum8+text+nul", "xor8+text+nul"), Step::kBad);
  EXPECT_EQ(last_step("pid32+text+nul", "pid32+text+nul", 43), Step::kBad);
  EXPECT_EQ(last_step("pid32+text+nul", "pid32+text+nul", 42), Step::kMessage);
  EXPECT_EQ(last_step("bit0+len32", "bit1+len32"), Step::kBad);
  EXPECT_EQ(last_step("hello=usr2/usr1,len32", "hello=usr1/usr1,len32"), Step::kBad);
  EXPECT_EQ(last_step("nul,mark=usr2", "nul"), Step::kBad);
  EXPECT_EQ(last_step("lendec", "len32"), Step::kBad);
}

TEST(Decoder, ZeroBytesUnderALength) {
  const std::string text("a\0\0b", 4);
  for (const char* words : {"len32", "len64,lsb"}) {
    Decoder decoder(Of(words), 4);
    const Encoder bits(Of(words), Bytes(text));
    Step last = Step::kBit;
    for (std::size_t i = 0; i < bits.size(); ++i) last = decoder.Take(bits[i]);
    EXPECT_EQ(last, Step::kMessage);
    EXPECT_EQ(decoder.message().size(), 4u);
  }
}

TEST(Decoder, TooLong) {
  // Refused as soon as the header is there, and nothing is understood after it.
  Decoder decoder(Of("len32"), 2);
  const Encoder bits(Of("len32"), Bytes("abc"));
  for (std::size_t i = 0; i < 31; ++i) EXPECT_NE(decoder.Take(bits[i]), Step::kTooLong);
  for (std::size_t i = 31; i < bits.size(); ++i) EXPECT_EQ(decoder.Take(bits[i]), Step::kTooLong);
  EXPECT_FALSE(decoder.AtRest());
  // Nothing is allocated on the word of a header.
  Decoder largest(Of("len64"), std::numeric_limits<std::uint64_t>::max());
  for (int i = 0; i < 64; ++i) EXPECT_NE(largest.Take(Signal::kUsr2), Step::kTooLong);
  // Without a header at the first byte too many.
  Decoder plain(Of("nul"), 2);
  const Encoder four(Of("nul"), Bytes("abcd"));
  for (std::size_t i = 0; i < 24; ++i) {
    EXPECT_EQ(plain.Take(four[i]) == Step::kTooLong, i == 23) << i;
  }
}

TEST(Answers, FollowTheFormat) {
  using Answer = std::optional<Signal>;
  EXPECT_EQ(AnswerTo(Of("ack=bit"), Step::kBit), Answer(Signal::kUsr1));
  EXPECT_EQ(AnswerTo(Of("ack=bit,acksig=usr2"), Step::kByte), Answer(Signal::kUsr2));
  EXPECT_EQ(AnswerTo(Of("ack=byte"), Step::kBit), Answer());
  EXPECT_EQ(AnswerTo(Of("ack=byte"), Step::kByte), Answer(Signal::kUsr1));
  EXPECT_EQ(AnswerTo(Of("ack=byte"), Step::kMessage), Answer(Signal::kUsr1));
  EXPECT_EQ(AnswerTo(Of("ack=none"), Step::kMessage), Answer());
  EXPECT_EQ(AnswerTo(Of("ack=none,end=usr2"), Step::kByte), Answer());
  EXPECT_EQ(AnswerTo(Of("ack=none,end=usr2"), Step::kMessage), Answer(Signal::kUsr2));
  EXPECT_EQ(AnswerTo(Of("ack=bit,end=usr2"), Step::kMessage), Answer(Signal::kUsr2));
  EXPECT_EQ(AnswerTo(Of("ack=bit,end=usr2"), Step::kTooLong), Answer());
  EXPECT_EQ(AnswerTo(Of("ack=bit,end=none"), Step::kMessage), Answer());
  EXPECT_EQ(AnswerTo(Of("ack=none,hello=usr1/usr2"), Step::kGreeting), Answer(Signal::kUsr2));
}

}  // namespace
}  // namespace minitalk::classic

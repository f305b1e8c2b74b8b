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
  EXPECT_EQ(format.framing, Framing::kLength64);
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

TEST(Format, ErrorsNameTheRemedy) {
  EXPECT_NE(ErrorOf("big").find("msb, lsb"), std::string::npos) << ErrorOf("big");
  EXPECT_NE(ErrorOf("msb,lsb").find("leave one of them out"), std::string::npos);
  EXPECT_NE(ErrorOf("ack=none,pause=1e3").find("microseconds"), std::string::npos);
  EXPECT_NE(ErrorOf("pause=5").find("add ack=none"), std::string::npos);
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
                            "end=none",
                            "len16",
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
}

}  // namespace
}  // namespace minitalk::classic

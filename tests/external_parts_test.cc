// The parts of the bench's external rows that need no pair: texts, terminal, command line, report.
#include <gtest/gtest.h>
#include <unistd.h>
#include <utf8.h>

#include <cstring>
#include <set>

#include "bench/condition.h"
#include "bench/external.h"
#include "bench/external_text.h"
#include "bench/report.h"
#include "bench/terminal.h"
#include "process_harness.h"
#include "protocols/registry.h"

namespace minitalk {
namespace {

constexpr std::size_t kLongest = 131'071;

External MakeExternal(std::vector<std::string> client) {
  return {.name = "theirs", .directory = "/", .build = {}, .server = {"s"}, .client = client};
}

Condition MakeCondition() {
  return {"a-name-as-long-as-this-one", 20, PayloadKind::kText, Pin::kSame, std::nullopt};
}

void Write(const Terminal& terminal, std::string_view text) {
  ASSERT_EQ(write(terminal.slave(), text.data(), text.size()), std::ssize(text));
}

// Until so many bytes have come: a terminal hands them on a moment later.
void ReadAll(Terminal* terminal, std::size_t size) {
  EXPECT_TRUE(Eventually([&] {
    terminal->Read();
    return terminal->output().size() >= size;
  }));
}

TEST(ExternalTexts, AreOfTheirSizeAndWholeCharactersWithoutAZero) {
  for (const PayloadKind payload : {PayloadKind::kText, PayloadKind::kUtf8}) {
    for (std::size_t size = 1; size < 300; ++size) {
      const std::string text = ExternalTexts(payload, size, 7).Next(3, "");
      ASSERT_EQ(text.size(), size);
      ASSERT_EQ(text.find('\0'), text.npos);
      ASSERT_TRUE(utf8::is_valid(text.begin(), text.end())) << text;
    }
  }
}

TEST(ExternalTexts, DifferFromEachOther) {
  std::set<std::string> seen;
  const ExternalTexts texts(PayloadKind::kText, 16, 1);
  for (std::uint32_t i = 0; i < 1024; ++i) EXPECT_TRUE(seen.insert(texts.Next(i, "")).second);
}

TEST(ExternalTexts, ASingleByteIsNeitherTheLastOneNorInTheBanner) {
  const std::string banner = "Q server Z, pid 12";
  const ExternalTexts texts(PayloadKind::kText, 1, 1);
  for (std::uint32_t i = 0; i < 100; ++i) {
    EXPECT_EQ(banner.find(texts.Next(i, banner)), banner.npos);
    EXPECT_NE(texts.Next(i, banner), texts.Next(i + 1, banner));
  }
}

TEST(ExternalTexts, AFewEqualBytesAreNotBelieved) {
  const ExternalTexts texts(PayloadKind::kText, 100, 1);
  EXPECT_EQ(texts.Believe(3), 0u);
  EXPECT_EQ(texts.Believe(4), 4u);
}

TEST(Terminal, IsOneAndPassesBytesUnchanged) {
  Terminal terminal;
  EXPECT_TRUE(isatty(terminal.slave()));
  const std::string text = "a\nb\r\n\x03\x04\x1b[0m\xff";
  Write(terminal, text);
  ReadAll(&terminal, text.size());
  EXPECT_EQ(terminal.output(), text);
}

TEST(Terminal, FindsATextThatComesInPieces) {
  Terminal terminal;
  std::string written;
  for (const char* piece : {"banner ab", "c", "d abc", "de"}) {
    EXPECT_FALSE(terminal.Holds("abcde"));
    Write(terminal, piece);
    written += piece;
    ReadAll(&terminal, written.size());
  }
  EXPECT_TRUE(terminal.Holds("abcde"));
  terminal.Forget();
  EXPECT_FALSE(terminal.Holds("abcde"));
}

TEST(Terminal, TheLongestBeginningThatStandsTogether) {
  Terminal terminal;
  EXPECT_EQ(terminal.LongestBeginning("abc"), 0u);
  const std::string text = "ab abcX abcdY";
  Write(terminal, text);
  ReadAll(&terminal, text.size());
  EXPECT_EQ(terminal.LongestBeginning("abcdef"), 4u);
  EXPECT_EQ(terminal.LongestBeginning("abcd"), 4u);
  EXPECT_EQ(terminal.LongestBeginning("zabcd"), 0u);
}

TEST(External, TheTemplatesAreFilledOnce) {
  const External external = MakeExternal({"c", "-p{pid}", "<{text}>"});
  EXPECT_EQ(external.ClientCommand(42, "{pid}{text}"),
            (std::vector<std::string>{"c", "-p42", "<{pid}{text}>"}));
  EXPECT_EQ(external.LongestText(), kLongest - std::strlen("<>"));
  EXPECT_EQ(MakeExternal({"c", "{pid}", "{text}"}).LongestText(), kLongest);
}

TEST(External, RowsAreOfWhatAnArgumentCanHold) {
  const External external = MakeExternal({"c", "{pid}", "{text}"});
  std::set<std::string> names;
  for (const PlannedRow& row : ExternalRows(external, {16, kLongest, kLongest + 1})) {
    EXPECT_TRUE(row.condition.external());
    names.insert(row.condition.Name());
  }
  EXPECT_EQ(names.size(), 3u * 2 * 3);  // sizes with a single byte, payloads, places
  EXPECT_TRUE(names.contains("theirs/1/text/none/own"));
  EXPECT_TRUE(names.contains("theirs/131071/utf8/cross/own"));
}

TEST(External, WhatCannotBeSeenFromOutsideIsNull) {
  Sample sample;
  sample.measured = true;
  sample.messages = 2;
  sample.messages_failed = 1;
  sample.bits_sent = 320;
  sample.bits_received = 240;
  sample.correct_bytes = 30;
  sample.elapsed_ns = 1e6;
  sample.floor_before_ns = sample.floor_after_ns = 1000;
  sample.sender_trouble.Set("the client hung");
  const Row row{MakeCondition(), 0, {sample, sample}, {0, 1}};
  const auto entry = DescribeRow(row, AllProtocols());
  EXPECT_EQ(entry["name"], "a-name-as-long-as-this-one/20/text/same/own");
  EXPECT_EQ(entry["kind"], "external");
  EXPECT_EQ(entry["wait"], "own");
  EXPECT_DOUBLE_EQ(entry["bit_loss"].get<double>(), 0.25);
  EXPECT_DOUBLE_EQ(entry["bits_per_floor_round"].get<double>(), 0.24);
  for (const char* key :
       {"signals_per_byte", "bits_per_round", "bit_errors", "session_delivered"}) {
    EXPECT_TRUE(entry[key].is_null()) << key;
  }
  EXPECT_TRUE(entry["samples"][0]["signals_to_receiver"].is_null());
  EXPECT_EQ(entry["samples"][0]["sender_status"], "the client hung");
  EXPECT_EQ(entry["error_message"], "the client hung (2 of 2)");
  EXPECT_EQ(entry["error_occurred"], false);
  EXPECT_NE(RenderTable({entry}).find("\na-name-as-long-as-this-one    20 text"),
            std::string::npos);
}

}  // namespace
}  // namespace minitalk

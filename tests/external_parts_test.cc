// The parts of the bench's rows of third-party pairs that need no pair: which there are, the
// report.
#include <gtest/gtest.h>

#include <set>

#include "bench/condition.h"
#include "bench/report.h"
#include "protocols/registry.h"

namespace minitalk {
namespace {

constexpr std::size_t kLongest = 131'071;

ThirdPartyPair MakePair() {
  return {.name = "theirs",
          .directory = "/",
          .build = {},
          .server = {"s"},
          .client = {"c", "{pid}", "{text}"},
          .classic = {}};
}

Condition MakeCondition() {
  return {"a-name-as-long-as-this-one", 20, PayloadKind::kText, Pin::kSame, std::nullopt};
}

TEST(External, RowsAreOfWhatAnArgumentCanHold) {
  std::set<std::string> names;
  for (const PlannedRow& row : ThirdPartyRows(MakePair(), {16, kLongest, kLongest + 1})) {
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

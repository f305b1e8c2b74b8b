// The bench: its arithmetic on samples whose answer is known, a real trial, and what of the rows of
// third-party pairs needs no pair.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "apps/cli/result_file.h"
#include "bench/condition.h"
#include "bench/environment.h"
#include "bench/report.h"
#include "bench/trial.h"
#include "core/os/fd.h"
#include "process_harness.h"
#include "protocols/registry.h"

namespace minitalk {
namespace {

Condition MakeCondition(const std::string& protocol, std::size_t size) {
  return {protocol, size, PayloadKind::kText, Pin::kSame, WaitMode::kSleep};
}

// One message of 100 bytes in a millisecond, a floor of 1 us, so 0.8 bits per floor round.
Sample MakeSample() {
  Sample sample;
  sample.measured = true;
  sample.messages = 1;
  sample.bits_sent = 800;
  sample.bits_received = 800;
  sample.correct_bytes = 100;
  sample.elapsed_ns = 1e6;
  sample.signals_to_receiver = 800;
  sample.signals_to_sender = 400;
  sample.sender_cpu_ns = 3e5;
  sample.receiver_cpu_ns = 2e5;
  sample.floor_before_ns = 900;
  sample.floor_after_ns = 1100;
  sample.session_exact = true;
  sample.session_seconds = 0.002;
  return sample;
}

TEST(Statistics, MedianOfOddAndEvenCounts) {
  EXPECT_EQ(Median({3, 1, 2}), 2);
  EXPECT_EQ(Median({4, 1, 2, 3}), 2.5);
}

TEST(Statistics, PercentileOnlyWithTenSamplesBeyondIt) {
  std::vector<double> values(999);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i);
  EXPECT_FALSE(Percentile(values, 99));
  values.push_back(999);
  EXPECT_EQ(Percentile(values, 99), 990);
  EXPECT_FALSE(Percentile(std::vector<double>(19, 1.0), 50));
  EXPECT_EQ(Percentile(std::vector<double>(20, 1.0), 50), 1.0);
}

TEST(Report, FiguresFollowFromTheSamples) {
  const Row row{MakeCondition("ack", 100), 0, {MakeSample()}, {0}};
  const auto entry = DescribeRow(row, AllProtocols());
  EXPECT_EQ(entry["name"], "ack/100/text/same/sleep");
  EXPECT_DOUBLE_EQ(entry["bytes_per_second"].get<double>(), 1e5);
  EXPECT_DOUBLE_EQ(entry["bits_per_floor_round"].get<double>(), 0.8);
  EXPECT_DOUBLE_EQ(entry["signals_per_byte"].get<double>(), 12);
  EXPECT_DOUBLE_EQ(entry["bits_per_round"].get<double>(), 2);
  EXPECT_DOUBLE_EQ(entry["cpu_seconds_per_megabyte"].get<double>(), 5);
  EXPECT_DOUBLE_EQ(entry["session_bytes_per_second"].get<double>(), 5e4);
  EXPECT_EQ(entry["bit_loss"], 0.0);
  EXPECT_TRUE(entry["latency_ns_p50"].is_null());
}

TEST(Report, LossAndFailuresAreFiguresOfTheirOwn) {
  Sample sample = MakeSample();
  sample.bits_received = 600;
  sample.correct_bytes = 10;
  sample.messages_failed = 1;
  sample.signals_to_sender = 0;
  const Row row{MakeCondition("usleep", 100), 0, {sample}, {0}};
  const auto entry = DescribeRow(row, AllProtocols());
  EXPECT_DOUBLE_EQ(entry["bit_loss"].get<double>(), 0.25);
  EXPECT_EQ(entry["messages_failed"], 1);
  EXPECT_DOUBLE_EQ(entry["bytes_per_second"].get<double>(), 1e4);
  EXPECT_TRUE(entry["bits_per_round"].is_null());
}

TEST(Report, AFailedRepetitionIsNamedAndNotAveraged) {
  Sample failed;
  failed.sender_status = Status::kTimedOut;
  const Row row{MakeCondition("ack", 100), 0, {MakeSample(), failed}, {0, 1}};
  const auto entry = DescribeRow(row, AllProtocols());
  EXPECT_DOUBLE_EQ(entry["bytes_per_second"].get<double>(), 1e5);
  EXPECT_EQ(entry["error_occurred"], false);
  EXPECT_NE(entry["error_message"].get<std::string>().find("1 of 2"), std::string::npos);
}

TEST(Environment, HypervisorsHaveTheNamesThatPeopleKnow) {
  EXPECT_EQ(HypervisorName("KVMKVMKVM"), "KVM");
  EXPECT_EQ(HypervisorName("Microsoft Hv"), "Hyper-V");
  EXPECT_EQ(HypervisorName("TCGTCGTCGTCG"), "QEMU");
  EXPECT_EQ(HypervisorName("SomethingNew"), "SomethingNew");
  EXPECT_EQ(HypervisorName(""), "unknown");
}

TEST(Report, ATableFitsItsTerminal) {
  const Row row{MakeCondition("ack", 100), 0, {Sample{}}, {0}};
  const auto entry = DescribeRow(row, AllProtocols());
  for (const std::size_t columns : {std::size_t{60}, std::size_t{80}, std::size_t{120}}) {
    std::istringstream text(RenderTable({entry}, columns));
    for (std::string line; std::getline(text, line);) EXPECT_LE(line.size(), columns) << line;
  }
}

TEST(Report, NothingMeasuredIsNoFigure) {
  const Row row{MakeCondition("ack", 100), 0, {Sample{}}, {0}};
  const auto entry = DescribeRow(row, AllProtocols());
  EXPECT_EQ(entry["error_occurred"], true);
  EXPECT_TRUE(entry["bits_per_floor_round"].is_null());
  EXPECT_FALSE(RenderTable({entry}).empty());
}

class ResultFileTest : public testing::Test {
 protected:
  ResultFileTest() { std::filesystem::create_directory(folder_); }
  ~ResultFileTest() override { std::filesystem::remove_all(folder_); }
  std::string Path(const char* name) const { return folder_ / name; }
  std::ptrdiff_t Files() const {
    return std::distance(std::filesystem::directory_iterator(folder_), {});
  }

 private:
  std::filesystem::path folder_ =
      testing::TempDir() + "minitalk-result-" + std::to_string(getpid());
};

TEST_F(ResultFileTest, IsThereOnlyWhenItIsWhole) {
  const ResultFile one(Path("out.json"));
  const ResultFile other(Path("out.json"));
  EXPECT_EQ(Files(), 0);
  one.Write("longer");
  other.Write("short");
  EXPECT_EQ(Files(), 1);
  std::string text;
  std::ifstream(Path("out.json")) >> text;
  EXPECT_EQ(text, "short");
}

TEST_F(ResultFileTest, WhatIsNoFileIsNotReplaced) {
  ASSERT_EQ(mkfifo(Path("fifo").c_str(), 0600), 0);
  const Fd reader(open(Path("fifo").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  ResultFile(Path("fifo")).Write("x");
  EXPECT_TRUE(std::filesystem::is_fifo(Path("fifo")));
  EXPECT_EQ(Files(), 1);
  char byte = 0;
  EXPECT_EQ(read(reader.get(), &byte, 1), 1);
}

TEST_F(ResultFileTest, ABadPathShowsBeforeTheRun) {
  EXPECT_THROW(ResultFile(Path("")), std::runtime_error);
  EXPECT_THROW(ResultFile(Path("none/out.json")), std::runtime_error);
  EXPECT_EQ(Files(), 0);
}

TEST(Payloads, AreReproducibleAndOfTheRightLength) {
  for (const PayloadKind payload : kPayloads) {
    EXPECT_EQ(MakePayload(payload, 1000, 7).size(), 1000u);
    EXPECT_EQ(MakePayload(payload, 1000, 7), MakePayload(payload, 1000, 7));
  }
  EXPECT_NE(MakePayload(PayloadKind::kRandom, 100, 1), MakePayload(PayloadKind::kRandom, 100, 2));
}

TEST(Trial, AcknowledgedBitsArriveAndAreCounted) {
  const Condition condition = MakeCondition("ack", 64);
  const Sample sample =
      RunTrial(condition, AllProtocols(), 1, {std::chrono::milliseconds(20), kHangGuard});
  ASSERT_TRUE(sample.measured) << ToString(sample.sender_status);
  EXPECT_EQ(sample.correct_bytes, 64u * sample.messages);
  EXPECT_EQ(sample.bits_received, sample.bits_sent);
  EXPECT_EQ(sample.signals_to_receiver, sample.bits_sent);
  EXPECT_EQ(sample.signals_to_sender, sample.bits_sent);
  EXPECT_EQ(sample.messages_failed, 0u);
  EXPECT_TRUE(sample.session_exact);
  EXPECT_GT(sample.FloorNs(), 0);
}

// The child is refused its CPU, as in a sandbox: a figure of another place would be no figure.
TEST(Trial, FailsWhereItCannotBePinned) {
  const std::string trouble = InChild([] {
    if (!ForbidCall(SYS_sched_setaffinity)) return std::string("(no seccomp)");
    const Sample sample = RunTrial(MakeCondition("ack", 16), AllProtocols(), 1,
                                   {std::chrono::milliseconds(20), kHangGuard});
    return sample.measured ? "measured" : std::string(sample.sender_trouble.view());
  });
  if (trouble == "(no seccomp)") GTEST_SKIP() << trouble;
  EXPECT_TRUE(trouble.starts_with("cannot be pinned to CPU ")) << trouble;
  EXPECT_NE(trouble.find("Operation not permitted"), std::string::npos) << trouble;
}

TEST(Trial, LossAppearsAsLossAndTheSessionPrintsNothingWrong) {
  // No pause at all on one CPU: the receiver hardly ever gets to run in between.
  const Condition condition = MakeCondition("usleep:0", 256);
  const Sample sample =
      RunTrial(condition, AllProtocols(), 1, {std::chrono::milliseconds(1), kHangGuard});
  ASSERT_TRUE(sample.measured) << ToString(sample.sender_status);
  EXPECT_LT(sample.bits_received, sample.bits_sent);
  EXPECT_EQ(sample.messages_failed, sample.messages);
  EXPECT_TRUE(sample.session_exact || sample.session_status != Status::kOk);
}

TEST(Trial, IsEndedByForceWhenItTakesTooLong) {
  const Condition condition = MakeCondition("usleep:1000000", 64);
  const Sample sample = RunTrial(condition, AllProtocols(), 1,
                                 {std::chrono::milliseconds(1), std::chrono::milliseconds(300)});
  EXPECT_FALSE(sample.measured);
}

constexpr std::size_t kLongest = 131'071;

ThirdPartyPair MakePair() {
  return {.name = "theirs",
          .directory = "/",
          .build = {},
          .server = {"s"},
          .client = {"c", "{pid}", "{text}"},
          .classic = {}};
}

Condition ThirdPartyCondition() {
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
  const Row row{ThirdPartyCondition(), 0, {sample, sample}, {0, 1}};
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

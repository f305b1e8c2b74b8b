// The address as the message: threads of a receiver that take signals, on the real kernel. Beside
// the conformance suite, which leaves the number of threads to the protocol: any number of them, a
// system that grants fewer or none, ends that are killed, strangers, and that no thread stays.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <random>
#include <string>
#include <thread>

#include "collecting_sink.h"
#include "core/os/process_facts.h"
#include "core/os/system_error.h"
#include "core/wire/bits.h"
#include "core/wire/turn.h"
#include "process_harness.h"
#include "protocols/registry.h"
#include "signal_probe.h"

namespace minitalk {
namespace {

constexpr std::chrono::milliseconds kLimit{20'000};
constexpr Placement kTogether{Pin::kSame, WaitMode::kSleep};

std::string RandomBody(std::size_t size) {
  std::mt19937 random(static_cast<unsigned>(size));
  std::string body(size, '\0');
  std::ranges::generate(body, [&] { return static_cast<char>(random()); });
  return body;
}

ProtocolChoice Choose(const std::string& name) { return *ChooseProtocol(AllProtocols(), name); }

std::string Result(const Link& link) { return link.ok() ? "" : std::string(Explain(link.status())); }

// "done", or what went wrong.
std::string SendAll(Link& link, const std::string& protocol,
                    const std::vector<std::string>& bodies) {
  const ProtocolChoice choice = Choose(protocol);
  for (const std::string& body : bodies) {
    SendBody(link, choice, AsBytes(body));
    if (AwaitVerdict(link) != Status::kOk) return Result(link);
  }
  return "done";
}

std::string ReceiveAll(Link& link, const std::string& protocol,
                       const std::vector<std::string>& bodies) {
  const ProtocolChoice choice = Choose(protocol);
  for (const std::string& body : bodies) {
    std::string got(body.size(), '?');
    ReceiveBody(link, choice, std::as_writable_bytes(std::span(got)));
    if (!link.ok()) return Result(link);
    if (got != body) return "wrong at size " + std::to_string(body.size());
    SendVerdict(link, Status::kOk);
  }
  return "done";
}

// So many threads this process has.
std::size_t ThreadsOf(pid_t pid) {
  std::error_code error;
  const std::filesystem::directory_iterator tasks("/proc/" + std::to_string(pid) + "/task", error);
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

// ---- Any number, any placement ------------------------------------------------------------------

using Case = std::tuple<std::string, Placement>;
class AnyNumber : public testing::TestWithParam<Case> {};

std::string NameOfCase(const testing::TestParamInfo<Case>& param) {
  std::string name = std::get<0>(param.param);
  std::ranges::replace(name, ':', '_');
  const Placement& placement = std::get<1>(param.param);
  return name + '_' + std::string(NameOf(placement.pin)) + '_' +
         std::string(NameOf(placement.wait));
}

INSTANTIATE_TEST_SUITE_P(
    All, AnyNumber,
    testing::Combine(testing::Values("index", "index:1", "index:2", "index:5", "index:8",
                                     "index:128", "index:1024"),
                     testing::Values(kTogether, Placement{Pin::kCross, WaitMode::kSpin},
                                     Placement{Pin::kNone, WaitMode::kAuto})),
    NameOfCase);

// Bodies of every length around a round, then a long one, on one link; short ones after it.
TEST_P(AnyNumber, BringsEveryBit) {
  const auto& [protocol, placement] = GetParam();
  if (!ChooseSeats(placement.pin)) GTEST_SKIP() << "needs two CPUs";
  std::vector<std::string> bodies;
  for (std::size_t size = 0; size < 24; ++size) bodies.push_back(RandomBody(size));
  bodies.push_back(RandomBody(6000));
  bodies.push_back(RandomBody(3));
  const PairResult result = RunPair(
      placement, kLimit, [&](KernelLink& link) { return SendAll(link, protocol, bodies); },
      [&](KernelLink& link) { return ReceiveAll(link, protocol, bodies); });
  EXPECT_EQ(result.first, "done");
  EXPECT_EQ(result.second, "done");
}

}  // namespace
}  // namespace minitalk

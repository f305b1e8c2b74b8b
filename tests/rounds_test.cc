// How many rounds a body takes: counted, not timed, and held against the theory that the registry
// states and protocols/README.md derives.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "collecting_sink.h"
#include "core/wire/bits.h"
#include "process_harness.h"
#include "protocols/registry.h"

namespace minitalk {
namespace {

constexpr std::size_t kBytes = 2400;  // whole rounds for each of the protocols here
constexpr double kBits = kBytes * 8;

// A receiver that answers each round at once, with the last signal that came or always with USR1.
// A round ends where the sender waits.
class AnsweringLink final : public Link {
 public:
  explicit AnsweringLink(bool echoes) : echoes_(echoes) {}

  using Link::Send;
  using Link::WaitFor;
  void Send(Signal signal, Lane lane, const Payload*) override {
    last_ = {signal, lane};
    ++sent_;
  }
  std::optional<Arrival> WaitFor(std::chrono::nanoseconds, Payload*) override {
    ++rounds_;
    return echoes_ ? last_ : Arrival{Signal::kUsr1, Lane::kShared};
  }
  std::chrono::nanoseconds Now() override { return {}; }
  void Pause(std::chrono::nanoseconds) override {}

  std::size_t rounds() const { return rounds_; }
  std::size_t sent() const { return sent_; }

 private:
  bool echoes_;
  Arrival last_{Signal::kUsr1, Lane::kShared};
  std::size_t rounds_ = 0;
  std::size_t sent_ = 0;
};

struct Counted {
  std::size_t rounds;
  std::size_t sent;
};

Counted Count(std::string_view protocol, const std::string& body) {
  const auto choice = *ChooseProtocol(AllProtocols(), protocol);
  AnsweringLink link(protocol == "ack" || protocol == "pair" || protocol == "runs");
  choice.protocol->Send(link, AsBytes(body));
  EXPECT_EQ(link.status(), Status::kOk) << protocol;
  return {link.rounds(), link.sent()};
}

std::string RandomBody() {
  std::mt19937 random(1);
  std::string body(kBytes, '\0');
  std::ranges::generate(body, [&] { return static_cast<char>(random()); });
  return body;
}

std::string Repeated(char byte) { return std::string(kBytes, byte); }

std::vector<std::string> Bodies() {
  return {Repeated('\0'),
          Repeated('\xff'),
          Repeated('\x55'),
          Repeated('\x33'),
          Repeated('\x35'),
          Repeated('e'),
          RandomBody(),
          "",
          "x",
          "\1\2\3"};
}

// The same on a real link, where the rounds are the receiver's answers. None: the body arrived
// wrong, or not at all.
Counted CountOverKernel(std::string_view protocol, const std::string& body) {
  const auto choice = *ChooseProtocol(AllProtocols(), protocol);
  const auto sender = [&](KernelLink& link) {
    choice.protocol->Send(link, AsBytes(body));
    return std::to_string(link.counters().sent);
  };
  const auto receiver = [&](KernelLink& link) -> std::string {
    std::string got(body.size(), '?');
    choice.protocol->Receive(link, std::as_writable_bytes(std::span(got)));
    return got == body ? std::to_string(link.counters().sent) : "0";
  };
  const Placement placement{Pin::kSame, WaitMode::kSleep};
  const PairResult result = RunPair(placement, kHangGuard, sender, receiver);
  if (result.first == "(died)" || result.second == "(died)") return {0, 0};
  return {std::stoul(result.second), std::stoul(result.first)};
}

// ---- pair ---------------------------------------------------------------------------------------

// The theory, bit by bit and in another way than the protocol: a round for each bit but the 1 that
// follows a 0, under the best mask; two for the mask's number.
std::size_t PairRounds(const std::string& body) {
  std::size_t best = ~std::size_t{0};
  for (const int mask : {0x00, 0x35, 0x55, 0x33}) {
    std::string bits = "1";
    for (const char byte : body) {
      for (int i = 7; i >= 0; --i) bits += ((byte ^ mask) >> i & 1) != 0 ? '1' : '0';
    }
    std::size_t rounds = bits.size() - 1;
    for (std::size_t at = bits.find("01"); at != bits.npos; at = bits.find("01", at + 1)) --rounds;
    best = std::min(best, rounds);
  }
  return best + (body.empty() ? 0 : 2);
}

TEST(Rounds, PairTakesWhatTheTheorySays) {
  for (const std::string& body : Bodies()) {
    const Counted counted = Count("pair", body);
    EXPECT_EQ(counted.rounds, PairRounds(body));
    EXPECT_EQ(counted.sent, 8 * body.size() + (body.empty() ? 0 : 2));
  }
}

// Under its mask a body of zeros is 01 01 ..., one of ones 1 01 01 ... 0.
TEST(Rounds, PairSendsConstantsTwoBitsARound) {
  EXPECT_EQ(Count("pair", Repeated('\0')).rounds, 4 * kBytes + 2);
  EXPECT_EQ(Count("pair", Repeated('\xff')).rounds, 4 * kBytes + 1 + 2);
}

TEST(Rounds, PairSendsNoiseFourBitsInThreeRounds) {
  const double bits_per_round = kBits / static_cast<double>(Count("pair", RandomBody()).rounds);
  EXPECT_NEAR(bits_per_round, 4.0 / 3, 0.03);
}

// Over the kernel: a pair has one answer if both were taken together, else two.
TEST(Rounds, PairOverTheKernel) {
  for (const std::string& body : {Repeated('\0'), RandomBody()}) {
    const Counted counted = CountOverKernel("pair", body);
    const std::size_t rounds = PairRounds(body);
    EXPECT_EQ(counted.sent, 8 * kBytes + 2);
    const std::size_t pairs = counted.sent - rounds;
    EXPECT_GE(counted.rounds, rounds);
    EXPECT_LE(counted.rounds, rounds + pairs);
  }
}

// ---- runs ---------------------------------------------------------------------------------------

// As above: symbols as digits, a round for each that is not greater than the one before, under the
// best of all masks. The mask goes ahead.
std::size_t RunsRounds(const std::string& body) {
  std::size_t best = ~std::size_t{0};
  for (unsigned mask = 0; mask < 256; ++mask) {
    std::string symbols;
    for (const char byte : '\0' + body) {
      for (int i = 6; i >= 0; i -= 2)
        symbols += static_cast<char>('0' + (((static_cast<unsigned char>(byte) ^ mask) >> i) & 3));
    }
    std::size_t rounds = 1;
    for (std::size_t i = 1; i < symbols.size(); ++i) rounds += symbols[i] <= symbols[i - 1] ? 1 : 0;
    best = std::min(best, rounds);
  }
  return body.empty() ? 0 : best;
}

TEST(Rounds, RunsTakesWhatTheTheorySays) {
  for (const std::string& body : Bodies()) {
    const Counted counted = Count("runs", body);
    EXPECT_EQ(counted.rounds, RunsRounds(body));
    EXPECT_EQ(counted.sent, body.empty() ? 0 : 4 * (body.size() + 1));
  }
}

// Each byte is 0123; so is the mask of zeros.
TEST(Rounds, RunsSendsConstantsAByteARound) {
  EXPECT_EQ(Count("runs", Repeated('\0')).rounds, kBytes + 1);
}

// Over the kernel: from one answer a round to one a signal, of which a 3 has only one.
TEST(Rounds, RunsOverTheKernel) {
  for (const std::string& body : {Repeated('\0'), RandomBody()}) {
    const Counted counted = CountOverKernel("runs", body);
    EXPECT_EQ(counted.sent, 4 * (kBytes + 1));
    EXPECT_GE(counted.rounds, RunsRounds(body));
    EXPECT_LE(counted.rounds, counted.sent);
  }
}

// ---- The others ---------------------------------------------------------------------------------

// A round for each so many bits, whatever they are; the last one may be partly filled.
void ExpectFixed(std::string_view protocol, std::size_t bits_per_round) {
  for (const std::string& body : Bodies()) {
    const std::size_t bits = 8 * body.size();
    EXPECT_EQ(Count(protocol, body).rounds, (bits + bits_per_round - 1) / bits_per_round)
        << protocol << ", " << body.size() << " bytes";
  }
}

TEST(Rounds, AckTakesOneForEachBit) { ExpectFixed("ack", 1); }
TEST(Rounds, ClockTakesOneForEachBit) { ExpectFixed("clock", 1); }
TEST(Rounds, LanesTakesOneForThreeBits) { ExpectFixed("lanes", 3); }
TEST(Rounds, SigqueueTakesOneForSixteenBytes) { ExpectFixed("sigqueue", 128); }

TEST(Rounds, LanesSendsADataSignalForEachRaisedLine) {
  EXPECT_EQ(Count("lanes", Repeated('\0')).sent, kBytes * 8 / 3);
  EXPECT_EQ(Count("lanes", Repeated('\xff')).sent, kBytes * 8);
}

TEST(Rounds, LanesOverTheKernel) {
  EXPECT_EQ(CountOverKernel("lanes", RandomBody()).rounds, kBytes * 8 / 3);
  EXPECT_EQ(CountOverKernel("lanes", "x").rounds, 3);
}

// One signal for so many bytes, one answer for two of them.
TEST(Rounds, PayloadsOverTheKernel) {
  for (const auto& [protocol, bytes] : {std::pair{"sigqueue", 8}, std::pair{"siginfo", 40}}) {
    const auto signals = kBytes / static_cast<std::size_t>(bytes);
    const Counted counted = CountOverKernel(protocol, RandomBody());
    EXPECT_EQ(counted.sent, signals) << protocol;
    EXPECT_EQ(counted.rounds, signals / 2) << protocol;
    EXPECT_EQ(CountOverKernel(protocol, std::string(2 * kBytes + 1, 'x')).rounds, signals + 1)
        << protocol;
  }
}

TEST(Rounds, TheRegistryClaimsTheSame) {
  for (const char* protocol : {"ack", "clock", "lanes", "pair", "runs", "sigqueue"}) {
    const ProtocolInfo& info = *ChooseProtocol(AllProtocols(), protocol)->info;
    const auto rate = [&](const std::string& body) {
      return kBits / static_cast<double>(Count(protocol, body).rounds);
    };
    // The best mask of many gains a little on random bits, too.
    EXPECT_NEAR(rate(RandomBody()) / BitsPerRound(info.rounds).random, 1, 0.025) << protocol;
  }
}

}  // namespace
}  // namespace minitalk

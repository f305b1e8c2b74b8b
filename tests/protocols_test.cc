// The registry: a protocol is chosen by what a person types and by what a header says; and the
// rounds that a body takes, counted, not timed, are those of the theory that it states.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/os/placement.h"
#include "core/wire/bits.h"
#include "core/wire/protocol.h"
#include "process_harness.h"
#include "protocols/registry.h"

namespace minitalk {
namespace {

std::optional<std::string> NameOfChoice(std::string_view text) {
  const auto choice = ChooseProtocol(AllProtocols(), text);
  if (!choice) return std::nullopt;
  return choice->Name();
}

TEST(ProtocolMenu, NamesAndNumbersAreUnique) {
  std::set<std::string_view> names;
  std::set<int> ids;
  for (const ProtocolInfo* info : AllProtocols()) {
    EXPECT_TRUE(names.insert(info->name).second) << info->name;
    EXPECT_TRUE(ids.insert(info->id).second) << int{info->id};
    EXPECT_FALSE(info->summary.empty());
    // Otherwise the name could not be told from the parameter, or from `auto`.
    EXPECT_EQ(info->name.find(':'), info->name.npos);
    EXPECT_NE(info->name, "auto");
  }
  EXPECT_FALSE(names.empty());
}

// A menu with one of our protocols and a second one, changed.
std::optional<std::string> WhyBadWith(void (*change)(ProtocolInfo&)) {
  const ProtocolInfo* first = AllProtocols().front();
  ProtocolInfo second = *first;
  second.id = 200;
  second.name = "mine";
  change(second);
  const std::array menu{first, static_cast<const ProtocolInfo*>(&second)};
  return WhyBad(menu);
}

TEST(ProtocolMenu, ABadOneIsRefused) {
  EXPECT_EQ(WhyBad(AllProtocols()), std::nullopt);
  EXPECT_EQ(WhyBadWith([](ProtocolInfo&) {}), std::nullopt);
  EXPECT_TRUE(WhyBadWith([](ProtocolInfo& info) { info.id = AllProtocols().front()->id; }));
  EXPECT_TRUE(WhyBadWith([](ProtocolInfo& info) { info.name = AllProtocols().front()->name; }));
  for (const char* name : {"", "auto", "a:1", "a/b", "two words", "--mine", "Mine"}) {
    static const char* s_name;
    s_name = name;
    EXPECT_TRUE(WhyBadWith([](ProtocolInfo& info) { info.name = s_name; })) << name;
  }
  EXPECT_TRUE(WhyBadWith([](ProtocolInfo& info) { info.id = 0; }));
}

TEST(ProtocolMenu, EveryNameIsFound) {
  for (const ProtocolInfo* info : AllProtocols()) {
    const auto choice = ChooseProtocol(AllProtocols(), info->name);
    ASSERT_TRUE(choice) << info->name;
    EXPECT_EQ(choice->info, info);
    EXPECT_EQ(choice->parameter, info->default_parameter);
    EXPECT_NE(choice->protocol, nullptr);
    EXPECT_EQ(choice->Name(), info->name);
  }
}

TEST(ProtocolMenu, EveryNumberIsFound) {
  for (const ProtocolInfo* info : AllProtocols()) {
    const auto choice = ChooseProtocol(AllProtocols(), info->id, 17);
    ASSERT_TRUE(choice) << info->name;
    EXPECT_EQ(choice->info, info);
    EXPECT_EQ(choice->parameter, 17u);
  }
  EXPECT_FALSE(ChooseProtocol(AllProtocols(), std::uint8_t{0}, 0));
  EXPECT_FALSE(ChooseProtocol(AllProtocols(), std::uint8_t{255}, 0));
}

TEST(ProtocolMenu, Parameters) {
  EXPECT_EQ(NameOfChoice("usleep:200"), "usleep:200");
  EXPECT_EQ(NameOfChoice("usleep:0"), "usleep:0");
  EXPECT_EQ(NameOfChoice("usleep:4294967295"), "usleep:4294967295");
  EXPECT_EQ(NameOfChoice("usleep:100"), "usleep");  // the default needs no saying
  EXPECT_EQ(ChooseProtocol(AllProtocols(), "usleep:200")->parameter, 200u);
}

TEST(ProtocolMenu, WhatIsUnknownIsExplained) {
  const auto why = [](const char* text) {
    EXPECT_FALSE(ChooseProtocol(AllProtocols(), text)) << text;
    return WhyUnknown(AllProtocols(), text);
  };
  EXPECT_EQ(why("akc:5"), "unknown protocol \"akc:5\" (did you mean \"ack\"?)");
  EXPECT_EQ(why("telepathy"), "unknown protocol \"telepathy\"");
  EXPECT_EQ(why("ack:5"), "\"ack\" takes no parameter");
  EXPECT_EQ(why("auto:5"), "\"auto\" takes no parameter");
  for (const char* text : {"usleep:x", "usleep:", "usleep:-1", "usleep:4294967296", "usleep:5 "}) {
    EXPECT_EQ(why(text), fmt::format("\"{}\" is not 0 to 4294967295 microseconds", text + 7));
  }
}

TEST(ProtocolMenu, NamesParseBack) {
  for (const ProtocolInfo* info : AllProtocols()) {
    if (info->parameter_unit.empty()) continue;
    for (const std::uint32_t parameter : {0u, 1u, info->default_parameter, 4294967295u}) {
      const auto choice = ChooseProtocol(AllProtocols(), info->id, parameter);
      const auto again = ChooseProtocol(AllProtocols(), choice->Name());
      ASSERT_TRUE(again) << choice->Name();
      EXPECT_EQ(again->info, info);
      EXPECT_EQ(again->parameter, parameter);
    }
  }
}

TEST(ProtocolMenu, Malformed) {
  for (const char* text :
       {"",           ":",        "telepathy", "ACK",       "ack ",       " ack",
        "ac",         "ackk",     "ack:",      "ack:5",     "usleep:",    "usleep:-1",
        "usleep:1x",  "usleep:x", "usleep: 1", "usleep:+1", "usleep:1.5", "usleep:4294967296",
        "usleep:1:2", "auto:1",   ":5",        "auto "}) {
    EXPECT_EQ(NameOfChoice(text), std::nullopt) << '"' << text << '"';
  }
}

TEST(ProtocolMenu, AutoIsTheFirstLossFreeWithoutPayload) {
  const auto choice = ChooseProtocol(AllProtocols(), "auto");
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->info->name, "index");
  for (const ProtocolInfo* info : AllProtocols()) {
    if (info == choice->info) break;
    EXPECT_TRUE(info->payload || !info->loss_free) << info->name;
  }
  EXPECT_FALSE(ChooseProtocol({}, "auto"));
}

TEST(Placement, NamesParseBack) {
  for (const WaitMode wait : {WaitMode::kAuto, WaitMode::kSpin, WaitMode::kSleep}) {
    EXPECT_EQ(ParseWaitMode(ToString(wait)), wait);
  }
  for (const Pin pin : {Pin::kAuto, Pin::kNone, Pin::kSame, Pin::kCross})
    EXPECT_EQ(ParsePin(ToString(pin)), pin);
  EXPECT_FALSE(ParseWaitMode(""));
  EXPECT_FALSE(ParseWaitMode("Sleep"));
  EXPECT_FALSE(ParsePin("both"));
}

TEST(Placement, SeatsAndWaits) {
  const auto cpus = AllowedCpus();
  ASSERT_FALSE(cpus.empty());
  EXPECT_FALSE(ChooseCpus(Pin::kNone)->sender);
  EXPECT_EQ(ChooseCpus(Pin::kSame)->sender, cpus[0]);
  EXPECT_EQ(ChooseCpus(Pin::kSame)->receiver, cpus[0]);
  EXPECT_EQ(ChooseCpus(Pin::kCross).has_value(), cpus.size() > 1);
  if (cpus.size() > 1) {
    EXPECT_NE(ChooseCpus(Pin::kCross)->sender, ChooseCpus(Pin::kCross)->receiver);
    EXPECT_EQ(ResolveWait(WaitMode::kSpin, Pin::kNone), WaitMode::kSpin);
  } else {
    EXPECT_EQ(ResolveWait(WaitMode::kSpin, Pin::kNone), WaitMode::kSleep);
  }
  EXPECT_EQ(ResolveWait(WaitMode::kSpin, Pin::kSame), WaitMode::kSleep);
}

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

std::string Repeated(char byte) { return std::string(kBytes, byte); }

std::vector<std::string> Bodies() {
  return {Repeated('\0'),
          Repeated('\xff'),
          Repeated('\x55'),
          Repeated('\x33'),
          Repeated('\x35'),
          Repeated('e'),
          RandomBytes(kBytes),
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
  const double bits_per_round =
      kBits / static_cast<double>(Count("pair", RandomBytes(kBytes)).rounds);
  EXPECT_NEAR(bits_per_round, 4.0 / 3, 0.03);
}

// Over the kernel: a pair has one answer if both were taken together, else two.
TEST(Rounds, PairOverTheKernel) {
  for (const std::string& body : {Repeated('\0'), RandomBytes(kBytes)}) {
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
  for (const std::string& body : {Repeated('\0'), RandomBytes(kBytes)}) {
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
  EXPECT_EQ(CountOverKernel("lanes", RandomBytes(kBytes)).rounds, kBytes * 8 / 3);
  EXPECT_EQ(CountOverKernel("lanes", "x").rounds, 3);
}

// One signal for so many bytes, one answer for two of them.
TEST(Rounds, PayloadsOverTheKernel) {
  for (const auto& [protocol, bytes] : {std::pair{"sigqueue", 8}, std::pair{"siginfo", 40}}) {
    const auto signals = kBytes / static_cast<std::size_t>(bytes);
    const Counted counted = CountOverKernel(protocol, RandomBytes(kBytes));
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
    EXPECT_NEAR(rate(RandomBytes(kBytes)) / BitsPerRound(info.rounds).random, 1, 0.025) << protocol;
  }
}

}  // namespace
}  // namespace minitalk

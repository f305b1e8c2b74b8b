// One suite for every protocol of the registry, on real processes: what goes in comes out, whatever
// the bytes, the length, the placement and the way of waiting. A protocol that loses bits is held
// to less, but never to a wrong message. A new line in the registry is tested without a change
// here.
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "core/wire/bits.h"
#include "core/wire/session.h"
#include "core/wire/turn.h"
#include "process_harness.h"
#include "protocols/registry.h"

namespace minitalk {
namespace {

constexpr std::array<Placement, 4> kPlacements{{{Pin::kSame, WaitMode::kSleep},
                                                {Pin::kCross, WaitMode::kSleep},
                                                {Pin::kCross, WaitMode::kSpin},
                                                {Pin::kNone, WaitMode::kAuto}}};

enum class Payload { kZeros, kOnes, kAlternating, kRandom, kText };
constexpr std::array kPayloads{Payload::kZeros, Payload::kOnes, Payload::kAlternating,
                               Payload::kRandom, Payload::kText};
constexpr std::array kPayloadNames{"zeros", "ones", "alternating", "random", "text"};

// No arrival for so long means that one was lost.
constexpr std::chrono::milliseconds kLinkLimit{20'000};

std::string MakeBytes(Payload payload, std::size_t size) {
  constexpr std::string_view kSentence = "The quick brown fox. Größe, café, مرحبا, 🦊\n";
  std::mt19937 random(static_cast<unsigned>(size) + 1);
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) {
    switch (payload) {
      case Payload::kZeros:
        break;
      case Payload::kOnes:
        bytes[i] = '\xff';
        break;
      case Payload::kAlternating:
        bytes[i] = i % 2 == 0 ? '\xaa' : '\x55';
        break;
      case Payload::kRandom:
        bytes[i] = static_cast<char>(random());
        break;
      case Payload::kText:
        bytes[i] = kSentence[i % kSentence.size()];
        break;
    }
  }
  return bytes;
}

ProtocolChoice Choose(const ProtocolInfo& info, std::uint32_t parameter) {
  return *ChooseProtocol(AllProtocols(), info.id, parameter);
}

// A long body where the content matters most. One that pauses after each bit takes its time, and
// where its bits are often lost, spinning on a loaded machine, a short one costs enough.
std::vector<std::size_t> Sizes(const ProtocolInfo& info, Payload payload, Pin pin) {
  const bool here = pin == Pin::kSame;
  if (!info.loss_free && !here) return {0, 1, 7};
  std::vector<std::size_t> sizes{0, 1, 2, 7, 64};
  const bool text_too = here && info.loss_free && payload == Payload::kText;
  if (text_too || payload == Payload::kRandom) sizes.push_back(1000);
  return sizes;
}

bool Possible(const Placement& placement) { return ChooseCpus(placement.pin).has_value(); }

// One character a message: + delivered, - given up without anything wrong, else what happened.
std::string SendOne(Link& link, const ProtocolChoice& choice, const std::string& message) {
  MemorySource source(AsBytes(message));
  TransferStats stats;
  MessageHeader header;
  header.protocol_id = choice.info->id;
  header.protocol_parameter = choice.parameter;
  header.message_bytes = message.size();
  const Status status = SendMessage(link, choice, header, source, {}, &stats);
  if (status == Status::kOk) return stats.bytes == message.size() ? "+" : "wrong count";
  return status == Status::kGaveUp ? "-" : std::string(ToString(status));
}

std::string ReceiveOne(Link& link, const std::string& expected) {
  CollectingSink sink;
  const auto admit = [](const MessageHeader&) { return Status::kOk; };
  const auto reception = ReceiveMessage(link, AllProtocols(), kUnknownLength, admit, sink);
  if (reception.status == Status::kOk) {
    return sink.commits() == 1 && sink.text() == expected ? "+" : "wrong message";
  }
  if (sink.commits() > 0) return "committed a failed message";
  // A sender that gives up simply ends.
  return reception.status == Status::kPeerDied ? "-" : std::string(ToString(reception.status));
}

// Up to the first that fails; then the link is of no use any more.
std::string SendAll(Link& link, const ProtocolChoice& choice,
                    const std::vector<std::string>& messages) {
  std::string results;
  for (std::size_t i = 0; i < messages.size() && results == std::string(i, '+'); ++i) {
    results += SendOne(link, choice, messages[i]);
  }
  return results;
}

std::string ReceiveAll(Link& link, const std::vector<std::string>& messages) {
  std::string results;
  for (std::size_t i = 0; i < messages.size() && results == std::string(i, '+'); ++i) {
    results += ReceiveOne(link, messages[i]);
  }
  return results;
}

// Both ends must agree; whether a lossy protocol may have given up at the end is the caller's say.
void ExpectDelivered(const PairResult& result, std::size_t messages, bool may_give_up) {
  EXPECT_EQ(result.first, result.second);
  std::string delivered = result.first;
  if (may_give_up && delivered.ends_with('-')) {
    delivered.pop_back();
    EXPECT_LT(delivered.size(), messages);
    EXPECT_EQ(delivered, std::string(delivered.size(), '+'));
  } else {
    EXPECT_EQ(delivered, std::string(messages, '+'));
  }
}

using Case = std::tuple<const ProtocolInfo*, Placement, Payload>;

class Conformance : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    std::tie(info_, placement_, payload_) = GetParam();
    if (!Possible(placement_)) GTEST_SKIP() << "needs two CPUs";
  }
  std::vector<std::string> Bodies() const {
    std::vector<std::string> bodies;
    for (const std::size_t size : Sizes(*info_, payload_, placement_.pin)) {
      bodies.push_back(MakeBytes(payload_, size));
    }
    return bodies;
  }
  ProtocolChoice Chosen() const { return Choose(*info_, info_->default_parameter); }

  const ProtocolInfo* info_ = nullptr;
  Placement placement_;
  Payload payload_ = Payload::kZeros;
};

std::string NameOfCase(const ProtocolInfo& info, const Placement& placement) {
  return std::string(info.name) + '_' + std::string(ToString(placement.pin)) + '_' +
         std::string(ToString(placement.wait));
}

std::string NameOfFullCase(const testing::TestParamInfo<Case>& param) {
  const auto& [info, placement, payload] = param.param;
  return NameOfCase(*info, placement) + '_' + kPayloadNames[static_cast<std::size_t>(payload)];
}

// The content decides which signals are sent, the placement when they are taken. Every content is
// sent where the two ends take turns, and where both poll at once; in between, random bytes, which
// have all of the others' patterns, show that the way of waiting is right.
std::vector<Case> Cases() {
  std::vector<Case> cases;
  for (const ProtocolInfo* info : AllProtocols()) {
    for (const Placement& placement : kPlacements) {
      const bool extreme = placement.pin == Pin::kSame || placement.wait == WaitMode::kSpin;
      for (const Payload payload : kPayloads) {
        if (extreme || payload == Payload::kRandom) cases.emplace_back(info, placement, payload);
      }
    }
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(All, Conformance, testing::ValuesIn(Cases()), NameOfFullCase);

// The bare body, without checksum or resend. After each the turn has passed over cleanly, which
// the next one, and the verdict in between, show even for a protocol that loses bits.
TEST_P(Conformance, BareBodies) {
  const ProtocolChoice choice = Chosen();
  const std::vector<std::string> bodies = Bodies();
  const auto sender = [&](KernelLink& link) -> std::string {
    for (const std::string& body : bodies) {
      SendBody(link, choice, AsBytes(body));
      if (const Status verdict = AwaitVerdict(link); verdict != Status::kOk) {
        return std::string(ToString(verdict));
      }
    }
    return "done";
  };
  const auto receiver = [&](KernelLink& link) -> std::string {
    for (const std::string& body : bodies) {
      std::string got(body.size(), '?');
      const auto bits = ReceiveBody(link, choice, std::as_writable_bytes(std::span(got)));
      if (!link.ok()) return std::string(ToString(link.status()));
      if (bits > BitCount(AsBytes(body))) return "more bits than asked for";
      const bool whole = bits == BitCount(AsBytes(body)) && got == body;
      if (!whole && info_->loss_free) return "wrong at size " + std::to_string(body.size());
      SendVerdict(link, Status::kOk);
    }
    return link.ok() ? "done" : std::string(ToString(link.status()));
  };
  const PairResult result = RunPair(placement_, kLinkLimit, sender, receiver);
  EXPECT_EQ(result.first, "done");
  EXPECT_EQ(result.second, "done");
}

// Whole messages in a row over the same link.
TEST_P(Conformance, Messages) {
  const ProtocolChoice choice = Chosen();
  const std::vector<std::string> messages = Bodies();
  const PairResult result = RunPair(
      placement_, kLinkLimit, [&](KernelLink& link) { return SendAll(link, choice, messages); },
      [&](KernelLink& link) { return ReceiveAll(link, messages); });
  ExpectDelivered(result, messages.size(), !info_->loss_free);
}

using PlacedProtocol = std::tuple<const ProtocolInfo*, Placement>;

std::string NameOfPlaced(const testing::TestParamInfo<PlacedProtocol>& param) {
  return NameOfCase(*std::get<0>(param.param), std::get<1>(param.param));
}

class Directions : public testing::TestWithParam<PlacedProtocol> {};

INSTANTIATE_TEST_SUITE_P(All, Directions,
                         testing::Combine(testing::ValuesIn(AllProtocols().begin(),
                                                            AllProtocols().end()),
                                          testing::ValuesIn(kPlacements)),
                         NameOfPlaced);

// The echo: the roles change on the same link, again and again. Who was answered says `over`, or
// the other's next signal could coalesce with its verdict.
TEST_P(Directions, TakeTurns) {
  const auto& [info, placement] = GetParam();
  if (!Possible(placement)) GTEST_SKIP() << "needs two CPUs";
  const ProtocolChoice choice = Choose(*info, info->default_parameter);
  const std::size_t size = info->loss_free ? 48 : 8;
  const std::string there = MakeBytes(Payload::kText, size);
  const std::string back = MakeBytes(Payload::kRandom, size);
  constexpr int kRounds = 3;
  const auto first = [&](KernelLink& link) {
    std::string results;
    for (int i = 0; i < kRounds && results.find_first_not_of('+') == results.npos; ++i) {
      if (i > 0) AwaitOver(link);
      results += SendOne(link, choice, there);
      if (results.back() != '+') break;
      SendOver(link);
      results += ReceiveOne(link, back);
    }
    return results;
  };
  const auto second = [&](KernelLink& link) {
    std::string results;
    for (int i = 0; i < kRounds && results.find_first_not_of('+') == results.npos; ++i) {
      results += ReceiveOne(link, there);
      if (results.back() != '+' || !AwaitOver(link)) break;
      results += SendOne(link, choice, back);
      if (i + 1 < kRounds && results.back() == '+') SendOver(link);
    }
    return results;
  };
  ExpectDelivered(RunPair(placement, kLinkLimit, first, second), 2 * kRounds, !info->loss_free);
}

std::vector<const ProtocolInfo*> LossyProtocols() {
  std::vector<const ProtocolInfo*> lossy;
  for (const ProtocolInfo* info : AllProtocols()) {
    if (!info->loss_free && !info->parameter_unit.empty()) lossy.push_back(info);
  }
  return lossy;
}

class Lossy : public testing::TestWithParam<PlacedProtocol> {};

INSTANTIATE_TEST_SUITE_P(All, Lossy,
                         testing::Combine(testing::ValuesIn(LossyProtocols()),
                                          testing::ValuesIn(kPlacements)),
                         NameOfPlaced);

// Without any pause nearly everything is lost: it must end in the whole message or in giving up.
TEST_P(Lossy, AtItsWorstIsNeverWrong) {
  const auto& [info, placement] = GetParam();
  if (!Possible(placement)) GTEST_SKIP() << "needs two CPUs";
  const ProtocolChoice choice = Choose(*info, 0);
  const std::vector<std::string> messages{MakeBytes(Payload::kText, 24), "", "x"};
  const PairResult result = RunPair(
      placement, kLinkLimit, [&](KernelLink& link) { return SendAll(link, choice, messages); },
      [&](KernelLink& link) { return ReceiveAll(link, messages); });
  ExpectDelivered(result, messages.size(), true);
}

}  // namespace
}  // namespace minitalk

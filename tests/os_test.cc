// core/os: which pids are accepted from a person, what /proc tells about a process, and how a
// payload lies in a siginfo_t: what goes in comes out, and what is not of this conversation is
// refused.
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <random>
#include <span>

#include "core/os/process_facts.h"
#include "core/os/siginfo_codec.h"
#include "core/os/signals.h"
#include "process_harness.h"
#include "signal_probe.h"

namespace minitalk {
namespace {

TEST(ParsePid, Good) {
  EXPECT_EQ(ParsePid("2"), 2);
  EXPECT_EQ(ParsePid("4194304"), 4194304);
  EXPECT_EQ(ParsePid("2147483647"), 2147483647);
  EXPECT_EQ(ParsePid("007"), 7);
}

TEST(ParsePid, Bad) {
  for (const char* text : {"0",          "-1",
                           "1",          "abc",
                           "12x",        "x12",
                           "4294967297", "4294967298",
                           "2147483648", "",
                           " 5",         "5 ",
                           "+5",         "--5",
                           "-2",         "0x10",
                           "1e3",        "1.5",
                           "٣",          "00",
                           "01",         "99999999999999999999999"}) {
    EXPECT_EQ(ParsePid(text), std::nullopt) << '"' << text << '"';
  }
  EXPECT_EQ(ParsePid(std::string_view("12\0", 3)), std::nullopt);
  EXPECT_EQ(ParsePid(std::to_string(getpid())), std::nullopt);
}

TEST(InspectProcess, Itself) {
  const auto facts = InspectProcess(getpid());
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->parent, getppid());
  EXPECT_EQ(facts->real_uid, getuid());
  EXPECT_EQ(facts->effective_uid, geteuid());
  EXPECT_EQ(facts->state, 'R');
  EXPECT_FALSE(facts->catches_both);
  EXPECT_TRUE(facts->name.starts_with("os_test"));
}

// What the process looks like from outside, asleep, after `prepare`.
std::optional<ProcessFacts> FactsAfter(const std::function<void()>& prepare) {
  const Child child([&] {
    prepare();
    prctl(PR_SET_NAME, "ready");
    sleep(600);
    return std::string();
  });
  std::optional<ProcessFacts> facts;
  Eventually([&] {
    facts = InspectProcess(child.pid());
    return facts && facts->name == "ready" && facts->state == 'S';
  });
  return facts;
}

void Handle(int) {}

TEST(InspectProcess, WhoCatchesBothSignals) {
  const auto catches = [](const std::function<void()>& prepare) {
    return FactsAfter(prepare)->catches_both;
  };
  const auto handle_both = [] {
    signal(SIGUSR1, Handle);
    signal(SIGUSR2, Handle);
  };
  EXPECT_FALSE(catches([] {}));
  EXPECT_TRUE(catches(handle_both));
  EXPECT_FALSE(catches([] { signal(SIGUSR1, Handle); }));
  EXPECT_FALSE(catches([] { signal(SIGUSR2, Handle); }));
  EXPECT_FALSE(catches([=] {
    handle_both();
    signal(SIGUSR2, SIG_IGN);
  }));
  // A shell blocks everything while it forks, and asks for nothing.
  EXPECT_FALSE(catches([] {
    sigset_t set;
    sigfillset(&set);
    sigprocmask(SIG_BLOCK, &set, nullptr);
  }));
  EXPECT_TRUE(catches([] { PrepareSignals("test"); }));
}

TEST(InspectProcess, Zombie) {
  const Child child([] { return std::string(); });
  ASSERT_TRUE(child.Result());
  const auto facts = InspectProcess(child.pid());
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->state, 'Z');
  EXPECT_EQ(facts->parent, getpid());
}

TEST(InspectProcess, Stopped) {
  const Child child([] {
    sleep(600);
    return std::string();
  });
  kill(child.pid(), SIGSTOP);
  EXPECT_TRUE(Eventually([&] { return InspectProcess(child.pid())->state == 'T'; }));
}

TEST(InspectProcess, Missing) {
  Program gone({"true"});
  gone.Wait();
  const pid_t pid = gone.pid();
  gone.Reap();
  EXPECT_FALSE(InspectProcess(pid));
  EXPECT_FALSE(InspectProcess(0));
  EXPECT_FALSE(InspectProcess(-1));
}

using Random = std::mt19937_64;

constexpr std::size_t kTravelling = 48;  // of a siginfo_t's 128 bytes
constexpr pid_t kSender = 4711;
constexpr std::array<Nonce, 6> kNonces{0, 1, 0x155555, 0x0aaaaa, kNonceMask - 1, kNonceMask};
constexpr std::array kLanes{Lane::kShared, Lane::kPrivate};

std::span<std::byte> BytesOf(siginfo_t& info) {
  return std::as_writable_bytes(std::span(&info, 1));
}

template <typename Bytes>
void Fill(Bytes&& bytes, Random& random) {
  std::ranges::generate(bytes, [&] { return static_cast<std::byte>(random()); });
}

Payload RandomPayload(Payload::Form form, Random& random) {
  Payload payload{.form = form, .sequence = static_cast<std::uint8_t>(random())};
  Fill(payload.bytes, random);
  return payload;
}

// Everything random but the code.
siginfo_t RandomInfo(int code, Random& random) {
  siginfo_t info;
  Fill(BytesOf(info), random);
  info.si_code = code;
  return info;
}

bool Refused(const siginfo_t& info, Nonce nonce) {
  Payload payload;
  return !DecodePayload(info, nonce, kSender, &payload);
}

auto ValueOf(const Payload& payload) { return std::span(payload.bytes).first<8>(); }

// ---- kInfo --------------------------------------------------------------------------------------

void ExpectRoundTrip(const Payload& sent, Lane lane, Nonce nonce) {
  const siginfo_t info = EncodePayload(SIGUSR2, lane, sent, nonce);
  ASSERT_EQ(info.si_signo, SIGUSR2);
  ASSERT_LT(info.si_code, 0);  // the kernel lets no other pass
  Payload got{.form = Payload::Form::kValue};
  ASSERT_EQ(DecodePayload(info, nonce, kSender, &got), lane);
  EXPECT_EQ(got.form, Payload::Form::kInfo);
  EXPECT_EQ(got.sequence, sent.sequence);
  EXPECT_EQ(got.bytes, sent.bytes);
}

TEST(SiginfoCodec, InfoRoundTrip) {
  Random random(1);
  for (const Nonce nonce : kNonces) {
    for (const Lane lane : kLanes) {
      for (int sequence = 0; sequence < 256; ++sequence) {
        Payload payload = RandomPayload(Payload::Form::kInfo, random);
        payload.sequence = static_cast<std::uint8_t>(sequence);
        ExpectRoundTrip(payload, lane, nonce);
      }
    }
  }
}

// All of it in one direction, too: no two sequences or lanes share a code.
TEST(SiginfoCodec, EachSequenceAndLaneHasACodeOfItsOwn) {
  for (const Nonce nonce : kNonces) {
    std::vector<int> codes;
    for (const Lane lane : kLanes) {
      for (int sequence = 0; sequence < 256; ++sequence) {
        const Payload payload{.sequence = static_cast<std::uint8_t>(sequence)};
        codes.push_back(EncodePayload(SIGUSR1, lane, payload, nonce).si_code);
      }
    }
    std::ranges::sort(codes);
    EXPECT_EQ(std::ranges::adjacent_find(codes), codes.end());
  }
}

TEST(SiginfoCodec, OnlyTheMaskedBitsOfTheNonceCount) {
  Random random(2);
  for (int i = 0; i < 1000; ++i) {
    const auto nonce = static_cast<Nonce>(random());
    const Payload payload = RandomPayload(Payload::Form::kInfo, random);
    siginfo_t info = EncodePayload(SIGUSR1, Lane::kPrivate, payload, nonce);
    EXPECT_FALSE(Refused(info, nonce & kNonceMask));
    siginfo_t masked = EncodePayload(SIGUSR1, Lane::kPrivate, payload, nonce & kNonceMask);
    EXPECT_TRUE(std::ranges::equal(BytesOf(info), BytesOf(masked)));
  }
}

TEST(SiginfoCodec, AnotherNonceIsRefused) {
  Random random(3);
  for (int i = 0; i < 10'000; ++i) {
    const Nonce nonce = static_cast<Nonce>(random()) & kNonceMask;
    const Nonce other = static_cast<Nonce>(random()) & kNonceMask;
    const Lane lane = kLanes[random() % 2];
    const Payload payload = RandomPayload(Payload::Form::kInfo, random);
    EXPECT_EQ(Refused(EncodePayload(SIGUSR1, lane, payload, nonce), other), nonce != other);
  }
  const siginfo_t info = EncodePayload(SIGUSR1, Lane::kShared, Payload{}, 0);
  for (int bit = 0; bit < 21; ++bit) EXPECT_TRUE(Refused(info, Nonce{1} << bit)) << bit;
}

// The eight lowest bits are the sequence, and bit 29 is the lane; all others belong to the seal.
// others belongs to the seal.
TEST(SiginfoCodec, FlippedBitsOfTheCodeAreRefused) {
  Random random(4);
  for (const Nonce nonce : kNonces) {
    const Payload payload = RandomPayload(Payload::Form::kInfo, random);
    for (int bit = 0; bit < 32; ++bit) {
      siginfo_t info = EncodePayload(SIGUSR1, Lane::kShared, payload, nonce);
      info.si_code = static_cast<int>(static_cast<unsigned>(info.si_code) ^ (1u << bit));
      const bool free = bit < 8 || bit == 29;
      EXPECT_EQ(Refused(info, nonce), !free) << "bit " << bit;
    }
  }
}

// SI_QUEUE has a rule of its own, below.
TEST(SiginfoCodec, TheKernelsCodesAreRefused) {
  Random random(5);
  for (const Nonce nonce : kNonces) {
    for (const int code : {-2, -3, -4, -5, -6, -7, -60, 0, 1, 2, 6, 0x80, 0x7fffffff}) {
      EXPECT_TRUE(Refused(RandomInfo(code, random), nonce)) << code;
    }
  }
}

// A code chosen at random is right once in 2^23 times: 2^9 of 2^32.
TEST(SiginfoCodec, RandomInfosAreRefused) {
  Random random(6);
  for (int i = 0; i < 100'000; ++i) {
    EXPECT_TRUE(Refused(RandomInfo(static_cast<int>(random()), random), 0x12345));
  }
}

TEST(SiginfoCodec, OnlyWhatTravelsIsUsed) {
  Random random(7);
  for (const Payload::Form form : {Payload::Form::kInfo, Payload::Form::kValue}) {
    const Payload sent = RandomPayload(form, random);
    siginfo_t info = EncodePayload(SIGUSR1, Lane::kShared, sent, 77);
    const auto rest = BytesOf(info).subspan(kTravelling);
    EXPECT_TRUE(std::ranges::all_of(rest, [](std::byte byte) { return byte == std::byte{0}; }));
    Fill(rest, random);
    Payload got;
    ASSERT_TRUE(DecodePayload(info, 77, getpid(), &got));
    EXPECT_TRUE(std::ranges::equal(ValueOf(got), ValueOf(sent)));
    EXPECT_EQ(got.bytes == sent.bytes, form == Payload::Form::kInfo);
  }
}

// ---- kValue -------------------------------------------------------------------------------------

TEST(SiginfoCodec, ValueRoundTrip) {
  Random random(8);
  for (int i = 0; i < 1000; ++i) {
    const Payload sent = RandomPayload(Payload::Form::kValue, random);
    const auto nonce = static_cast<Nonce>(random());
    const siginfo_t info = EncodePayload(SIGUSR1, Lane::kShared, sent, nonce);
    Payload got;
    // Whatever nonce the other end has: a value has no room for one.
    ASSERT_EQ(DecodePayload(info, ~nonce, getpid(), &got), Lane::kShared);
    EXPECT_EQ(got.form, Payload::Form::kValue);
    EXPECT_TRUE(std::ranges::equal(ValueOf(got), ValueOf(sent)));
  }
}

TEST(SiginfoCodec, ValueIsBelievedOnlyWithTheRightPid) {
  Random random(9);
  siginfo_t info = RandomInfo(SI_QUEUE, random);
  for (const pid_t claimed : {kSender + 1, kSender - 1, 0, 1, -kSender, -1}) {
    info.si_pid = claimed;
    EXPECT_TRUE(Refused(info, 0)) << claimed;
  }
  info.si_pid = kSender;
  EXPECT_FALSE(Refused(info, 0));
}

// Byte for byte, so that a peer that calls the library function is understood as well.
TEST(SiginfoCodec, ValueIsWhatSigqueueSends) {
  const std::string seen = InChild([]() -> std::string {
    BlockBoth();
    Random random(10);
    for (const int signal : {SIGUSR1, SIGUSR2}) {
      const Payload payload = RandomPayload(Payload::Form::kValue, random);
      sigval value = {};
      std::memcpy(&value, payload.bytes.data(), sizeof value);
      siginfo_t got = {};
      if (sigqueue(getpid(), signal, value) != 0 || TakeRaw(&got) != signal) return "not sent";
      siginfo_t made = EncodePayload(signal, Lane::kShared, payload, 5);
      if (!std::ranges::equal(BytesOf(made).first(kTravelling), BytesOf(got).first(kTravelling))) {
        return "different";
      }
    }
    return "the same";
  });
  EXPECT_EQ(seen, "the same");
}

}  // namespace
}  // namespace minitalk

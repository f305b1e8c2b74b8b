// Every carrier in every way it can wait: bytes of all sizes arrive as they were, one by one and in
// crowds, a dead peer is noticed where that was promised, and nothing stays behind.
#include <gtest/gtest.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <random>
#include <thread>

#include "bench/carriers/carrier.h"
#include "bench/carriers/registry.h"
#include "process_harness.h"

namespace minitalk {
namespace {

using Bytes = std::vector<std::byte>;

constexpr std::size_t kMost = 3'000'000;
constexpr std::size_t kSizes[] = {0, 1, 2, 16, 256, 4096, 65537, kMost};
constexpr std::byte kGood{0};
constexpr std::byte kLast{255};

struct Case {
  const CarrierInfo* info;
  WaitMode wait;
};

std::vector<Case> AllCases() {
  std::vector<Case> cases;
  for (const CarrierInfo* info : AllCarriers()) {
    for (const WaitMode wait : ModesOf(*info)) cases.push_back({info, wait});
  }
  return cases;
}

std::string NameOfCase(const testing::TestParamInfo<Case>& info) {
  std::string name(info.param.info->name);
  std::ranges::replace(name, '-', '_');
  return name + "_" + std::string(ToString(info.param.wait));
}

// The first `size` of the same random bytes: made once, before any fork.
Bytes RandomBytes(std::size_t size) {
  static const Bytes kAll = [] {
    std::mt19937_64 random;
    std::vector<std::uint64_t> words(kMost / sizeof(std::uint64_t));
    std::ranges::generate(words, random);
    const auto bytes = std::as_bytes(std::span(words));
    return Bytes(bytes.begin(), bytes.end());
  }();
  return {kAll.begin(), kAll.begin() + static_cast<std::ptrdiff_t>(size)};
}

using Role = std::function<std::string(Carrier&)>;

class Carriers : public testing::TestWithParam<Case> {
 protected:
  Carriers() {
    std::signal(SIGPIPE, SIG_IGN);
    RandomBytes(0);
  }

  // A process of its own that is this end; `role` says "" if all is well.
  Child Start(End end, const Role& role) {
    return Child([&] {
      carrier_->Become(end, GetParam().wait);
      return role(*carrier_);
    });
  }

  void LetGo() { carrier_->Become(End::kNeither, GetParam().wait); }

  void ExpectBothWell(const Role& sender, const Role& receiver) {
    const Child a = Start(End::kSender, sender);
    const Child b = Start(End::kReceiver, receiver);
    LetGo();
    EXPECT_EQ(a.Result().value_or("(died)"), "");
    EXPECT_EQ(b.Result().value_or("(died)"), "");
  }

  std::optional<Carrier> carrier_{std::in_place, *GetParam().info};
};

INSTANTIATE_TEST_SUITE_P(All, Carriers, testing::ValuesIn(AllCases()), NameOfCase);

TEST_P(Carriers, BytesOfAllSizesArriveAsTheyWere) {
  ExpectBothWell(
      [](Carrier& carrier) -> std::string {
        for (const std::size_t size : kSizes) {
          if (!carrier.Send(RandomBytes(size))) return "cannot send";
          if (carrier.AwaitReply() != (size % 2 == 0 ? kGood : kLast)) return "wrong verdict";
        }
        return "";
      },
      [](Carrier& carrier) -> std::string {
        for (const std::size_t size : kSizes) {
          Bytes bytes(size);
          if (!carrier.Receive(bytes)) return "cannot receive";
          if (bytes != RandomBytes(size)) return "damaged at " + std::to_string(size);
          if (!carrier.Reply(size % 2 == 0 ? kGood : kLast)) return "cannot reply";
        }
        return "";
      });
}

// The way back of a carrier is such a channel, too.
TEST_P(Carriers, ChannelAloneCarriesAnything) {
  const auto channel = GetParam().info->make();
  const WaitMode wait = GetParam().wait;
  const Bytes sent = RandomBytes(65537);
  const Child reader([&]() -> std::string {
    channel->Become(End::kReceiver, wait);
    Bytes bytes(sent.size());
    return channel->Read(bytes) && bytes == sent ? "" : "damaged";
  });
  const Child writer([&]() -> std::string {
    channel->Become(End::kSender, wait);
    return channel->Write(sent) ? "" : "cannot write";
  });
  channel->Become(End::kNeither, wait);
  EXPECT_EQ(writer.Result().value_or("(died)"), "");
  EXPECT_EQ(reader.Result().value_or("(died)"), "");
}

constexpr std::size_t kCrowd = 1000;
constexpr std::size_t kSmall = 7;

// More turns than a verdict has values. Not more: where both ends poll on one CPU, beside busy
// processes, each turn costs a time slice.
constexpr std::size_t kTurns = 260;

TEST_P(Carriers, ManySmallMessagesInTurns) {
  const Bytes all = RandomBytes(kTurns * kSmall);
  ExpectBothWell(
      [&](Carrier& carrier) -> std::string {
        for (std::size_t i = 0; i < kTurns; ++i) {
          const auto verdict = static_cast<std::byte>(i % 256);
          if (!carrier.Send(std::span(all).subspan(i * kSmall, kSmall))) return "cannot send";
          if (carrier.AwaitReply() != verdict) return "wrong verdict";
        }
        return "";
      },
      [&](Carrier& carrier) -> std::string {
        for (std::size_t i = 0; i < kTurns; ++i) {
          Bytes bytes(kSmall);
          if (!carrier.Receive(bytes)) return "cannot receive";
          if (!std::ranges::equal(bytes, std::span(all).subspan(i * kSmall, kSmall))) {
            return "damaged";
          }
          if (!carrier.Reply(static_cast<std::byte>(i % 256))) return "cannot reply";
        }
        return "";
      });
}

// As many under way as the carrier holds: none overtakes another.
TEST_P(Carriers, ManySmallMessagesAtOnce) {
  const Bytes all = RandomBytes(kCrowd * kSmall);
  ExpectBothWell(
      [&](Carrier& carrier) -> std::string {
        for (std::size_t i = 0; i < kCrowd; ++i) {
          if (!carrier.Send(std::span(all).subspan(i * kSmall, kSmall))) return "cannot send";
        }
        return carrier.AwaitReply() == kGood ? "" : "wrong verdict";
      },
      [&](Carrier& carrier) -> std::string {
        Bytes bytes(all.size());
        for (std::size_t i = 0; i < kCrowd; ++i) {
          if (!carrier.Receive(std::span(bytes).subspan(i * kSmall, kSmall))) return "no message";
        }
        return bytes == all && carrier.Reply(kGood) ? "" : "damaged";
      });
}

// Where nothing tells that the peer is gone, a call just lasts: so long is looked.
constexpr std::chrono::milliseconds kUnnoticed{30};

// A signal a millisecond, whose handler does not restart what it interrupts.
void InterruptOften() {
  struct sigaction action = {};
  action.sa_handler = [](int) {};
  sigaction(SIGALRM, &action, nullptr);
  const timeval every = {.tv_sec = 0, .tv_usec = 1000};
  const itimerval timer = {.it_interval = every, .it_value = every};
  setitimer(ITIMER_REAL, &timer, nullptr);
}

TEST_P(Carriers, InterruptedCallsGoOn) {
  const Bytes all = RandomBytes(kMost);
  ExpectBothWell(
      [&](Carrier& carrier) -> std::string {
        InterruptOften();
        // The other end sleeps at first, so this one has to wait, and then the other way round.
        if (!carrier.Send(all) || carrier.AwaitReply() != kGood) return "cannot send";
        std::this_thread::sleep_for(kUnnoticed);
        return carrier.Send(all) && carrier.AwaitReply() == kGood ? "" : "cannot send";
      },
      [&](Carrier& carrier) -> std::string {
        InterruptOften();
        std::this_thread::sleep_for(kUnnoticed);
        for (int i = 0; i < 2; ++i) {
          Bytes bytes(kMost);
          if (!carrier.Receive(bytes) || bytes != all) return "damaged";
          if (!carrier.Reply(kGood)) return "cannot reply";
        }
        return "";
      });
}

void ExpectNoticedWherePromised(const Child& survivor, bool promised) {
  const auto result = survivor.Result(promised ? kHangGuard : kUnnoticed);
  EXPECT_EQ(result, promised ? std::optional<std::string>("noticed") : std::nullopt);
}

TEST_P(Carriers, SenderOfADeadReceiver) {
  const Bytes much(kMost);
  const std::span<const std::byte> first = std::span(much).first(100'000);
  std::optional<Child> receiver;
  receiver.emplace([&]() -> std::string {
    carrier_->Become(End::kReceiver, GetParam().wait);
    Bytes bytes(first.size());
    if (!carrier_->Receive(bytes)) return "cannot receive";
    for (;;) sleep(600);
  });
  const Child sender = Start(End::kSender, [&](Carrier& carrier) -> std::string {
    return carrier.Send(first) && carrier.Send(much) ? "sent" : "noticed";
  });
  LetGo();
  EXPECT_EQ(sender.Result(kUnnoticed), std::nullopt);
  receiver.reset();  // killed, in the middle of it
  ExpectNoticedWherePromised(sender, GetParam().info->tells_death);
}

TEST_P(Carriers, ReceiverOfAKilledSender) {
  const Child receiver = Start(End::kReceiver, [](Carrier& carrier) -> std::string {
    Bytes bytes(10);
    if (!carrier.Receive(bytes) || !carrier.Reply(kGood)) return "cannot begin";
    return carrier.Receive(bytes) ? "received" : "noticed";
  });
  std::optional<Child> sender;
  sender.emplace([&]() -> std::string {
    carrier_->Become(End::kSender, GetParam().wait);
    return carrier_->Send(Bytes(10)) && carrier_->AwaitReply() == kGood ? "" : "cannot send";
  });
  LetGo();
  EXPECT_EQ(sender->Result(), "");
  sender.reset();
  ExpectNoticedWherePromised(receiver, GetParam().info->tells_death);
}

// A child takes its copy along; only the maker's may remove what lives in the kernel.
TEST_P(Carriers, ChildrenRemoveNothing) {
  EXPECT_EQ(InChild([&] {
              carrier_.reset();
              return std::string("gone");
            }),
            "gone");
  ExpectBothWell([](Carrier& carrier) { return carrier.Send(Bytes(9)) ? "" : "cannot send"; },
                 [](Carrier& carrier) {
                   Bytes bytes(9);
                   return carrier.Receive(bytes) ? "" : "cannot receive";
                 });
}

TEST_P(Carriers, NothingStaysBehind) {
  carrier_.reset();
  const Names before = NamedObjects();
  carrier_.emplace(*GetParam().info);
  {
    const Child sender = Start(End::kSender, [](Carrier& carrier) -> std::string {
      carrier.Send(Bytes(1'000'000));
      return "";
    });
    EXPECT_EQ(sender.Result(kUnnoticed), std::nullopt);
  }  // killed here
  carrier_.reset();
  EXPECT_EQ(StaysSince(before), "");
}

TEST(CarrierMenuTest, NamesAndAliases) {
  EXPECT_EQ(AllCarriers().size(), 8u);
  for (const CarrierInfo* info : AllCarriers()) {
    EXPECT_EQ(info->name.find_first_not_of("abcdefghijklmnopqrstuvwxyz-"), std::string_view::npos);
    EXPECT_EQ(FindCarrier(info->name), info);
    EXPECT_FALSE(ModesOf(*info).empty());
    for (const std::string_view text :
         {info->summary, info->steps.make, info->steps.send, info->steps.receive}) {
      EXPECT_FALSE(text.empty()) << info->name;
    }
  }
  ASSERT_NE(FindCarrier("shm"), nullptr);
  EXPECT_EQ(FindCarrier("shm")->name, "shm-sem");
  EXPECT_EQ(FindCarrier(""), nullptr);
  EXPECT_EQ(FindCarrier("pigeon"), nullptr);
}

}  // namespace
}  // namespace minitalk

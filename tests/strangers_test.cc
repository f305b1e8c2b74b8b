// Third processes in a conversation. Their signals are counted, never taken for the peer's; if one
// has pushed out a signal of the peer's, or payloads are forged, or the kernel strips them because
// too many are queued, the message arrives whole or both ends say why not. Never a wrong message,
// never a hang.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <random>
#include <set>
#include <thread>

#include "core/endpoint/client.h"
#include "core/endpoint/input.h"
#include "process_harness.h"
#include "protocols/registry.h"
#include "signal_probe.h"

namespace minitalk {
namespace {

constexpr Placement kPlacement{Pin::kSame, WaitMode::kSleep};
constexpr std::chrono::milliseconds kNever = 10 * kHangGuard;

std::string Text(Status status) { return std::string(ToString(status)); }

std::string BeSilent(KernelLink& link) {
  link.peer().AwaitEnd(kHangGuard);
  return "silent";
}

// The receiver is signalled by somebody else; what its link makes of it.
std::string AfterStranger(const std::function<void(pid_t receiver, pid_t peer)>& disturb) {
  const auto receiver = [&](KernelLink& link) {
    const pid_t self = getpid();
    const pid_t peer = link.peer().pid();
    InChild([&] {
      disturb(self, peer);
      return std::string();
    });
    const bool arrived = link.WaitFor(std::chrono::nanoseconds(0)).has_value();
    return std::string(arrived ? "taken" : "dropped") + ", strangers " +
           std::to_string(link.counters().strangers) + ", received " +
           std::to_string(link.counters().received) + ", " + Text(link.status());
  };
  return RunPair(kPlacement, kNever, BeSilent, receiver).second;
}

std::string Dropped(int strangers) {
  return "dropped, strangers " + std::to_string(strangers) + ", received 0, " + Text(Status::kOk);
}

TEST(Strangers, EachSlotIsCountedAndDropped) {
  for (const char slot : kAllSlots) {
    EXPECT_EQ(AfterStranger([=](pid_t self, pid_t) { SendTo(self, slot); }), Dropped(1));
  }
  EXPECT_EQ(AfterStranger([](pid_t self, pid_t) {
              for (const char slot : kAllSlots) SendTo(self, slot);
            }),
            Dropped(4));
}

// The kernel does not check who a queued signal says it is from, so the link must not believe it.
TEST(Strangers, ForgedSenderIsNotBelieved) {
  EXPECT_EQ(AfterStranger([](pid_t self, pid_t peer) {
              QueueInfo(self, ForgedInfo(SIGUSR1, SI_QUEUE, peer, 0));
              QueueInfo(self, ForgedInfo(SIGUSR2, -1000, peer, 0));
            }),
            Dropped(2));
}

bool Tell(const Fd& fd) { return write(fd.get(), "x", 1) == 1; }
bool AwaitWord(const Fd& fd) {
  char word = 0;
  return read(fd.get(), &word, 1) == 1;
}

// The stranger's signal lies in the slot when the peer's comes, so the peer's is lost. Nothing will
// ever come, but that must not last `kNever`.
TEST(Strangers, StallIsNoticed) {
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  const Fd peer_end(ends[0]);
  const Fd receiver_end(ends[1]);
  const auto peer = [&](KernelLink& link) -> std::string {
    if (!AwaitWord(peer_end)) return "no word";
    link.Send(Signal::kUsr1, Lane::kShared);
    return Tell(peer_end) ? BeSilent(link) : "no word";
  };
  const auto receiver = [&](KernelLink& link) -> std::string {
    const pid_t self = getpid();
    InChild([=] {
      SendTo(self, 'c');
      return std::string();
    });
    if (!Tell(receiver_end) || !AwaitWord(receiver_end)) return "no word";
    return link.Wait() ? "taken" : Text(link.status());
  };
  const PairResult result = RunPair(kPlacement, kNever, peer, receiver);
  EXPECT_EQ(result.first, "silent");
  EXPECT_EQ(result.second, Text(Status::kInterfered));
}

// Slow input keeps the conversation alive by empty frames, also after a stranger's signal, which
// has pushed out nothing: no sender of `ack` uses the slot that it hits.
TEST(Strangers, SlowProducerIsNotTakenForAStall) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  const Fd input(ends[0]);
  std::optional<Fd> producer_end(ends[1]);
  const Child producer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(2500));
    return std::string(Tell(*producer_end) ? "told" : "failed");
  });
  const auto choice = *ChooseProtocol(AllProtocols(), "ack");
  producer_end.reset();
  const auto sender = [&](KernelLink& link) {
    const pid_t receiver = link.peer().pid();
    InChild([=] {
      SendTo(receiver, 'b');
      return std::string();
    });
    DescriptorSource source(input.get());
    TransferStats stats;
    MessageHeader header;
    header.protocol_id = choice.info->id;
    return Text(SendMessage(link, choice, header, source, {}, &stats));
  };
  const auto receiver = [&](KernelLink& link) {
    CollectingSink sink;
    const auto admit = [](const MessageHeader&) { return Status::kOk; };
    const auto reception = ReceiveMessage(link, AllProtocols(), kUnknownLength, admit, sink);
    return Text(reception.status) + ", strangers " + std::to_string(link.counters().strangers) +
           ", " + sink.text();
  };
  const PairResult result = RunPair(kPlacement, kNever, sender, receiver);
  EXPECT_EQ(result.first, Text(Status::kOk));
  EXPECT_EQ(result.second, Text(Status::kOk) + ", strangers 1, x");
}

// Disturbs a process for as long as it lives. Not faster, or nobody else would get the CPU.
class Disturber {
 public:
  explicit Disturber(pid_t victim, std::chrono::microseconds gap)
      : child_([=] {
          for (std::size_t i = 0;; ++i) {
            SendTo(victim, kAllSlots[i % kAllSlots.size()]);
            std::this_thread::sleep_for(gap);
          }
          return std::string();
        }) {}

 private:
  Child child_;
};

// Whole or not at all, at any rate of disturbance and whichever end is hit.
TEST(Strangers, NeverAWrongMessage) {
  const auto choice = *ChooseProtocol(AllProtocols(), "ack");
  const std::string message = "The quick brown fox jumps over the lazy dog.";
  for (const int gap_us : {200, 5000}) {
    for (const bool hit_receiver : {true, false}) {
      const auto sender = [&](KernelLink& link) {
        std::optional<Disturber> disturber;
        const pid_t victim = hit_receiver ? link.peer().pid() : getpid();
        disturber.emplace(victim, std::chrono::microseconds(gap_us));
        MemorySource source(AsBytes(message));
        TransferStats stats;
        MessageHeader header;
        header.protocol_id = choice.info->id;
        return Text(SendMessage(link, choice, header, source, {}, &stats));
      };
      const auto receiver = [&](KernelLink& link) -> std::string {
        CollectingSink sink;
        const auto admit = [](const MessageHeader&) { return Status::kOk; };
        ReceiveMessage(link, AllProtocols(), kUnknownLength, admit, sink);
        if (sink.commits() == 0) return "nothing";
        return sink.commits() == 1 && sink.text() == message ? "whole" : "wrong";
      };
      const PairResult result = RunPair(kPlacement, kNever, sender, receiver);
      EXPECT_NE(result.first, "(died)");
      EXPECT_TRUE(result.second == "whole" || result.second == "nothing") << result.second;
      // The sender believes in a delivery only if there was one.
      EXPECT_TRUE(result.first != Text(Status::kOk) || result.second == "whole");
    }
  }
}

// ---- Sessions by payloads, which are forged or stripped
// ------------------------------------------

using std::chrono::microseconds;

constexpr Placement kAnywhere{Pin::kNone, WaitMode::kSleep};
constexpr Nonce kNonce = 0x1abcd;
constexpr int kGivenUp = 1;
constexpr int kTryLater = 75;

struct Victims {
  bool receiver;
  bool sender;
};
constexpr std::array<Victims, 3> kVictims{{{true, false}, {false, true}, {true, true}}};

// Large enough that what begins after its first frame meets the rest.
const std::string& Message() {
  static const std::string message = RandomBytes(3 << 20);
  return message;
}

// What happens to a transfer from its first frame on, in a third process; it lives until the sender
// ends.
using Trouble = std::function<void(pid_t receiver, pid_t sender)>;

struct Outcome {
  Status sender = Status::kOk;
  Status receiver = Status::kOk;
  std::string delivered;  // "whole", "nothing" or "wrong"; empty: an end died or hangs
};

std::string Digit(Status status) { return std::string(1, static_cast<char>(status)); }

Outcome Transfer(std::string_view protocol, const Trouble& trouble) {
  const auto choice = *ChooseProtocol(AllProtocols(), protocol);
  const auto sender = [&](KernelLink& link) {
    link.set_nonce(kNonce);
    const pid_t self = getpid();
    const pid_t receiver = link.peer().pid();
    std::optional<Child> third;
    const auto begin = [&](std::uint64_t) {
      if (third) return;
      third.emplace([=] {
        trouble(receiver, self);
        return std::string();
      });
    };
    MemorySource source(AsBytes(Message()));
    TransferStats stats;
    MessageHeader header;
    header.protocol_id = choice.info->id;
    return Digit(link.Cause(SendMessage(link, choice, header, source, begin, &stats)));
  };
  const auto receiver = [&](KernelLink& link) {
    link.set_nonce(kNonce);
    CollectingSink sink;
    const auto admit = [](const MessageHeader&) { return Status::kOk; };
    const auto reception = ReceiveMessage(link, AllProtocols(), kUnknownLength, admit, sink);
    const bool whole = sink.commits() == 1 && sink.text() == Message();
    return Digit(link.Cause(reception.status)) + (sink.commits() == 0 ? "nothing"
                                                  : whole             ? "whole"
                                                                      : "wrong");
  };
  const PairResult result = RunPair(kAnywhere, kNever, sender, receiver);
  if (result.first.size() != 1 || result.second.size() < 2) return {};
  return {static_cast<Status>(result.first[0]), static_cast<Status>(result.second[0]),
          result.second.substr(1)};
}

// The contract.
void ExpectWholeOrRefused(const Outcome& outcome) {
  EXPECT_TRUE(outcome.delivered == "whole" || outcome.delivered == "nothing")
      << '"' << outcome.delivered << '"';
  // The sender believes in a delivery only if there was one. (The other way round it may be: the
  // last verdict can get lost like any other signal.)
  if (outcome.sender == Status::kOk) {
    EXPECT_EQ(outcome.delivered, "whole");
    return;
  }
  const int code = ExitCode(outcome.sender);
  EXPECT_TRUE(code == kTryLater || code == kGivenUp) << code;
  EXPECT_TRUE(outcome.receiver != Status::kOk || outcome.delivered == "whole");
}

class PayloadSession : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(All, PayloadSession, testing::Values("siginfo", "sigqueue"),
                         [](const auto& param) { return std::string(param.param); });

// ---- Forgers ------------------------------------------------------------------------------------

// Signals one process in the name of another, again and again.
using Forger = void (*)(pid_t victim, pid_t peer, std::mt19937& random);

void Queue(pid_t pid, Lane lane, const siginfo_t& info) {
  if (lane == Lane::kShared) {
    QueueInfo(pid, info);
  } else {
    syscall(SYS_rt_tgsigqueueinfo, pid, pid, info.si_signo, &info);
  }
}

int RandomSignal(std::mt19937& random) { return random() % 2 == 0 ? SIGUSR1 : SIGUSR2; }

void ForgePlain(pid_t victim, pid_t, std::mt19937& random) {
  SendTo(victim, kAllSlots[random() % kAllSlots.size()]);
}

void ForgeInfo(pid_t victim, pid_t, std::mt19937& random) {
  Payload payload{.sequence = static_cast<std::uint8_t>(random())};
  const Lane lane = random() % 2 == 0 ? Lane::kShared : Lane::kPrivate;
  const Nonce guess = static_cast<Nonce>(random());
  Queue(victim, lane, EncodePayload(RandomSignal(random), lane, payload, guess));
}

void ForgeValue(pid_t victim, pid_t peer, std::mt19937& random) {
  const Lane lane = random() % 2 == 0 ? Lane::kShared : Lane::kPrivate;
  const pid_t claimed = random() % 2 == 0 ? peer : victim;
  Queue(victim, lane, ForgedInfo(RandomSignal(random), SI_QUEUE, claimed, 1));
}

// In the receiver's eyes as good as the peer's own: only the checksum tells.
void ForgePeersValue(pid_t victim, pid_t peer, std::mt19937& random) {
  QueueInfo(victim, ForgedInfo(RandomSignal(random), SI_QUEUE, peer, static_cast<int>(random())));
}

void ForgeAnything(pid_t victim, pid_t peer, std::mt19937& random) {
  constexpr std::array<Forger, 4> kForgers{ForgePlain, ForgeInfo, ForgeValue, ForgePeersValue};
  kForgers[random() % kForgers.size()](victim, peer, random);
}

// `gap` zero: as fast as it can.
Trouble Forging(Forger forge, Victims victims, microseconds gap) {
  return [=](pid_t receiver, pid_t sender) {
    std::mt19937 random(1);
    for (;;) {
      if (victims.receiver) forge(receiver, sender, random);
      if (victims.sender) forge(sender, receiver, random);
      if (gap > microseconds(0)) std::this_thread::sleep_for(gap);
    }
  };
}

TEST_P(PayloadSession, ForgedAtFullSpeed) {
  for (const Forger forge : {ForgePlain, ForgeInfo, ForgeValue, ForgePeersValue}) {
    ExpectWholeOrRefused(Transfer(GetParam(), Forging(forge, {true, true}, microseconds(0))));
  }
  for (const Victims& victims : kVictims) {
    ExpectWholeOrRefused(Transfer(GetParam(), Forging(ForgeAnything, victims, microseconds(0))));
  }
}

TEST_P(PayloadSession, ForgedNowAndThen) {
  for (const int gap_us : {100, 2000}) {
    for (const Victims& victims : kVictims) {
      ExpectWholeOrRefused(
          Transfer(GetParam(), Forging(ForgeAnything, victims, microseconds(gap_us))));
    }
  }
}

// ---- The limit of queued signals ----------------------------------------------------------------

void Limit(Victims victims, pid_t receiver, pid_t sender, unsigned long most) {
  if (victims.receiver) LimitPending(receiver, most);
  if (victims.sender) LimitPending(sender, most);
}

void StayForEver() {
  for (;;) pause();
}

// Once and for all: whoever lost a signal's siginfo says so, and the other sees it end.
TEST_P(PayloadSession, LimitedForGood) {
  for (const Victims& victims : kVictims) {
    const Outcome outcome = Transfer(GetParam(), [=](pid_t receiver, pid_t sender) {
      Limit(victims, receiver, sender, 0);
      StayForEver();
    });
    ExpectWholeOrRefused(outcome);
    EXPECT_EQ(outcome.delivered, "nothing");
    const std::set<Status> ends{outcome.sender, outcome.receiver};
    EXPECT_TRUE(ends.contains(Status::kDegraded))
        << ToString(outcome.sender) << "; " << ToString(outcome.receiver);
  }
}

// Single signals lose theirs, in the middle of a round.
TEST_P(PayloadSession, LimitedNowAndThen) {
  for (const int gap_us : {0, 50, 3000}) {
    for (const Victims& victims : kVictims) {
      const Outcome outcome = Transfer(GetParam(), [=](pid_t receiver, pid_t sender) {
        for (unsigned long most = 0;; most = (most + 1) % 3) {
          Limit(victims, receiver, sender, most);
          std::this_thread::sleep_for(microseconds(gap_us / 4));
          Limit(victims, receiver, sender, RLIM_INFINITY);
          std::this_thread::sleep_for(microseconds(gap_us));
        }
      });
      ExpectWholeOrRefused(outcome);
      EXPECT_NE(outcome.receiver, Status::kGarbled);  // the link knows better
    }
  }
}

}  // namespace
}  // namespace minitalk

// Signals of a third process: they are counted, never taken for the peer's, and if one has pushed
// out a signal of the peer's the conversation ends with a clear word instead of a wrong message.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "collecting_sink.h"
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

}  // namespace
}  // namespace minitalk

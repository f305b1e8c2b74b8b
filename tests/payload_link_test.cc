// Payloads over the kernel's link: they reach only who asks for them, only from the peer, and what
// the kernel strips of them is noticed.
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>

#include "core/os/signals.h"
#include "process_harness.h"
#include "signal_probe.h"

namespace minitalk {
namespace {

constexpr Placement kPlacement{Pin::kSame, WaitMode::kSleep};
constexpr std::chrono::milliseconds kNever = 10 * kHangGuard;
constexpr std::chrono::nanoseconds kLook{0};
constexpr Nonce kNonce = 0x1234;

std::string Text(Status status) { return std::string(ToString(status)); }

Signal SignalOf(char slot) { return slot == 'a' || slot == 'c' ? Signal::kUsr1 : Signal::kUsr2; }
Lane LaneOf(char slot) { return slot == 'a' || slot == 'b' ? Lane::kPrivate : Lane::kShared; }

Payload PayloadFor(char slot, Payload::Form form = Payload::Form::kInfo) {
  Payload payload{.form = form, .sequence = static_cast<std::uint8_t>(slot)};
  const std::size_t size =
      form == Payload::Form::kInfo ? Payload::kInfoBytes : Payload::kValueBytes;
  std::fill_n(payload.bytes.begin(), size, static_cast<std::byte>(slot));
  return payload;
}

std::string BeSilent(KernelLink& link) {
  link.peer().AwaitEnd(kHangGuard);
  return "silent";
}

// The slot's letter; behind it what came along: + for the payload that belongs to the slot, - for
// none, ! for another one. Or how the link failed.
std::string Take(KernelLink& link, bool wants_payload, std::chrono::nanoseconds timeout) {
  Payload payload;
  const auto arrival = link.WaitFor(timeout, wants_payload ? &payload : nullptr);
  if (!arrival) return link.ok() ? "nothing" : Text(link.status());
  for (const char slot : kAllSlots) {
    if (arrival->signal != SignalOf(slot) || arrival->lane != LaneOf(slot)) continue;
    const bool right = payload.bytes == PayloadFor(slot, payload.form).bytes &&
                       (payload.form == Payload::Form::kValue || payload.sequence == slot);
    return slot + std::string(!arrival->has_payload ? "-" : right ? "+" : "!");
  }
  return "no slot";
}

std::string Counts(const KernelLink& link) {
  const LinkCounters& counters = link.counters();
  return ", received " + std::to_string(counters.received) + ", strangers " +
         std::to_string(counters.strangers) + ", anonymous " + std::to_string(counters.anonymous);
}

// ---- From the peer ------------------------------------------------------------------------------

// The peer sends; the receiver takes so often.
std::string TakenFromPeer(const std::function<void(KernelLink&)>& send, int times,
                          bool wants_payload) {
  const auto peer = [&](KernelLink& link) {
    link.set_nonce(kNonce);
    send(link);
    return BeSilent(link);
  };
  const auto receiver = [&](KernelLink& link) {
    link.set_nonce(kNonce);
    std::string taken;
    for (int i = 0; i < times; ++i) taken += Take(link, wants_payload, Link::kUntilTimeout);
    return taken + Counts(link);
  };
  return RunPair(kPlacement, kNever, peer, receiver).second;
}

TEST(PayloadLink, EachSlotCarriesInfo) {
  for (const char slot : kAllSlots) {
    const Payload payload = PayloadFor(slot);
    const auto send = [&](KernelLink& link) { link.Send(SignalOf(slot), LaneOf(slot), &payload); };
    EXPECT_EQ(TakenFromPeer(send, 1, true),
              slot + std::string("+, received 1, strangers 0") + ", anonymous 0");
  }
}

TEST(PayloadLink, TheSharedLaneCarriesValues) {
  for (const char slot : {'c', 'd'}) {
    const Payload payload = PayloadFor(slot, Payload::Form::kValue);
    const auto send = [&](KernelLink& link) { link.Send(SignalOf(slot), LaneOf(slot), &payload); };
    EXPECT_EQ(TakenFromPeer(send, 1, true),
              slot + std::string("+, received 1, strangers 0") + ", anonymous 0");
  }
}

// Who would take a payload takes a signal without one, too.
TEST(PayloadLink, NoPayloadIsAnArrivalAsWell) {
  const auto send = [](KernelLink& link) { link.Send(Signal::kUsr2, Lane::kPrivate); };
  EXPECT_EQ(TakenFromPeer(send, 1, true), "b-, received 1, strangers 0, anonymous 0");
}

// The plain signal comes last, in whatever order the receiver finds them.
TEST(PayloadLink, WhoDoesNotAskGetsNone) {
  for (const Payload::Form form : {Payload::Form::kInfo, Payload::Form::kValue}) {
    const Payload payload = PayloadFor('c', form);
    const auto send = [&](KernelLink& link) {
      link.Send(Signal::kUsr1, Lane::kShared, &payload);
      link.Send(Signal::kUsr2, Lane::kShared);
    };
    EXPECT_EQ(TakenFromPeer(send, 1, false), "d-, received 1, strangers 1, anonymous 0");
  }
}

TEST(PayloadLink, AnotherNonceIsNoPayload) {
  const Payload payload = PayloadFor('c');
  const auto send = [&](KernelLink& link) {
    link.set_nonce(kNonce + 1);
    link.Send(Signal::kUsr1, Lane::kShared, &payload);
    link.Send(Signal::kUsr2, Lane::kShared);
  };
  EXPECT_EQ(TakenFromPeer(send, 1, true), "d-, received 1, strangers 1, anonymous 0");
}

// ---- From somebody else -------------------------------------------------------------------------

int Queue(pid_t pid, Lane lane, const siginfo_t& info) {
  if (lane == Lane::kShared) return QueueInfo(pid, info);
  return syscall(SYS_rt_tgsigqueueinfo, pid, pid, info.si_signo, &info) == 0 ? 0 : errno;
}

// A third process signals the receiver, who asks for a payload; the peer is silent.
std::string TakenFromStranger(const std::function<void(pid_t receiver, pid_t peer)>& forge) {
  const auto receiver = [&](KernelLink& link) {
    link.set_nonce(kNonce);
    const pid_t self = getpid();
    const pid_t peer = link.peer().pid();
    InChild([&] {
      forge(self, peer);
      return std::string();
    });
    const std::string taken = Take(link, true, kLook);
    return taken + Counts(link);
  };
  return RunPair(kPlacement, kNever, BeSilent, receiver).second;
}

TEST(PayloadLink, ForgedInfoWithAnotherNonceIsDropped) {
  for (const char slot : kAllSlots) {
    const auto forge = [=](pid_t receiver, pid_t) {
      const int number = SignalOf(slot) == Signal::kUsr1 ? SIGUSR1 : SIGUSR2;
      Queue(receiver, LaneOf(slot),
            EncodePayload(number, LaneOf(slot), PayloadFor(slot), kNonce ^ 0x100));
    };
    EXPECT_EQ(TakenFromStranger(forge), "nothing, received 0, strangers 1, anonymous 0") << slot;
  }
}

TEST(PayloadLink, ForgedValueThatClaimsAnotherPidIsDropped) {
  const auto forge = [](pid_t receiver, pid_t) {
    QueueInfo(receiver, EncodePayload(SIGUSR1, Lane::kShared, PayloadFor('c'), 0));
    QueueInfo(receiver, ForgedInfo(SIGUSR2, SI_QUEUE, receiver, 0));
  };
  EXPECT_EQ(TakenFromStranger(forge), "nothing, received 0, strangers 2, anonymous 0");
  // An honest value, of an honest process that is not the peer.
  const auto queue = [](pid_t receiver, pid_t) { sigqueue(receiver, SIGUSR1, {}); };
  EXPECT_EQ(TakenFromStranger(queue), "nothing, received 0, strangers 1, anonymous 0");
}

// The known weakness of kValue: nothing but a claimed pid, which everybody may know, seals it. Here
// it is believed. What guards a message from it is the CRC-32C of its frame.
TEST(PayloadLink, ForgedValueThatClaimsThePeersPidIsBelieved) {
  const auto forge = [](pid_t receiver, pid_t peer) {
    siginfo_t info =
        EncodePayload(SIGUSR1, Lane::kShared, PayloadFor('c', Payload::Form::kValue), 0);
    info.si_pid = peer;
    QueueInfo(receiver, info);
  };
  EXPECT_EQ(TakenFromStranger(forge), "c+, received 1, strangers 0, anonymous 0");
}

// ---- The limit of queued signals ----------------------------------------------------------------

// Nothing else will come. That must be understood soon, not after `kNever`.
TEST(PayloadLink, StrippedPayloadsAreNoticed) {
  for (const Payload::Form form : {Payload::Form::kInfo, Payload::Form::kValue}) {
    const Payload payload = PayloadFor('c', form);
    const auto send = [&](KernelLink& link) {
      if (!LimitPending(link.peer().pid(), 0)) return;
      link.Send(Signal::kUsr1, Lane::kShared, &payload);
    };
    EXPECT_EQ(TakenFromPeer(send, 1, true),
              Text(Status::kDegraded) + ", received 0, strangers 1, anonymous 1");
  }
}

// The harm shows only in a later wait: what was under way beside the stripped one comes first, and
// what its answer lets the peer send. (So in `siginfo`: a private buffer is lost, and overtakes the
// shared one, which is then filled once more.)
TEST(PayloadLink, AStallAfterOtherArrivalsIsNoticed) {
  constexpr int kRounds = 2;
  const Payload payload = PayloadFor('a');
  const auto peer = [&](KernelLink& link) {
    LimitPending(link.peer().pid(), 0);
    link.Send(Signal::kUsr1, Lane::kPrivate, &payload);
    for (int i = 0; i < kRounds; ++i) {
      link.Send(Signal::kUsr1, Lane::kShared);
      link.Send(Signal::kUsr2, Lane::kShared);
      link.Wait();
    }
    return BeSilent(link);
  };
  const auto receiver = [&](KernelLink& link) {
    std::string taken;
    for (int i = 0; i < kRounds; ++i) {
      for (int k = 0; k < 2; ++k) taken += Take(link, true, Link::kUntilTimeout);
      link.Send(Signal::kUsr1, Lane::kShared);
    }
    return taken + Take(link, true, Link::kUntilTimeout);
  };
  EXPECT_EQ(RunPair(kPlacement, kNever, peer, receiver).second,
            "c-d-c-d-" + Text(Status::kDegraded));
}

TEST(PayloadLink, WithinTheLimitAgainTheyPass) {
  const Payload payload = PayloadFor('c');
  const auto send = [&](KernelLink& link) {
    LimitPending(link.peer().pid(), 0);
    link.Send(Signal::kUsr2, Lane::kPrivate);
    link.Send(Signal::kUsr2, Lane::kShared);  // needs no siginfo of its own
    UnlimitPending(link.peer().pid());
    link.Send(Signal::kUsr1, Lane::kShared, &payload);
  };
  const std::string taken = TakenFromPeer(send, 2, true);
  // The receiver may run at once, or only after all three.
  EXPECT_TRUE(taken == "c+d-, received 2, strangers 1, anonymous 1" ||
              taken == "d-c+, received 2, strangers 1, anonymous 1")
      << taken;
}

}  // namespace
}  // namespace minitalk

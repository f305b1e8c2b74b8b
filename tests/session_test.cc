// The session where it does not go well, on real processes: a sender that misbehaves, refusals and
// their reasons, death and silence of the other side. The protocol is `ack`; that each of them
// works is the business of the conformance suite.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "core/wire/stop_and_wait.h"
#include "core/wire/turn.h"
#include "process_harness.h"
#include "protocols/registry.h"

namespace minitalk {
namespace {

constexpr Placement kPlacement{Pin::kSame, WaitMode::kSleep};

// Longer than the tests' guard: whoever waits so long fails. So "quickly" needs no clock.
constexpr std::chrono::milliseconds kNever = 10 * kHangGuard;
constexpr std::chrono::milliseconds kShort{200};

std::string Text(Status status) { return std::string(ToString(status)); }

ProtocolChoice Ack() { return *ChooseProtocol(AllProtocols(), "ack"); }

MessageHeader AckHeader(std::uint64_t bytes = kUnknownLength) {
  MessageHeader header;
  header.protocol_id = Ack().info->id;
  header.message_bytes = bytes;
  return header;
}

Status SendText(Link& link, const std::string& message, const MessageHeader& header) {
  MemorySource source(AsBytes(message));
  TransferStats stats;
  return SendMessage(link, Ack(), header, source, {}, &stats);
}

Role Sender(const std::string& message, const MessageHeader& header = AckHeader()) {
  return [=](KernelLink& link) { return Text(SendText(link, message, header)); };
}

struct Terms {
  std::uint64_t max_bytes = kUnknownLength;
  Status admitted = Status::kOk;
  Status on_append = Status::kOk;
  Status on_commit = Status::kOk;
};

// "status, commits".
Role Receiver(const Terms& terms = {}) {
  return [=](KernelLink& link) {
    CollectingSink sink(terms.on_append, terms.on_commit);
    const auto admit = [&](const MessageHeader&) { return terms.admitted; };
    const auto reception = ReceiveMessage(link, AllProtocols(), terms.max_bytes, admit, sink);
    return Text(reception.status) + ", " + std::to_string(sink.commits());
  };
}

std::string Uncommitted(Status status) { return Text(status) + ", 0"; }

// Both sides know the reason, and nothing was handed on.
void ExpectRefusal(const Role& sender, const Role& receiver, Status reason) {
  const PairResult result = RunPair(kPlacement, kNever, sender, receiver);
  EXPECT_EQ(result.first, Text(reason));
  EXPECT_EQ(result.second, Uncommitted(reason));
}

// ---- Refusals -----------------------------------------------------------------------------------

TEST(Session, UnknownProtocol) {
  MessageHeader header = AckHeader();
  header.protocol_id = 200;
  ExpectRefusal(Sender("x", header), Receiver(), Status::kUnknownProtocol);
}

TEST(Session, NotAdmitted) {
  for (const Status reason : {Status::kTooLarge, Status::kNoEcho}) {
    ExpectRefusal(Sender("x", AckHeader(1)), Receiver({.admitted = reason}), reason);
  }
}

TEST(Session, TooLongWhateverTheHeaderSays) {
  const std::string message(30, 'x');
  for (const std::uint64_t declared : {std::uint64_t{30}, std::uint64_t{5}, kUnknownLength}) {
    ExpectRefusal(Sender(message, AckHeader(declared)), Receiver({.max_bytes = 29}),
                  Status::kTooLarge);
  }
}

TEST(Session, ExactlyLongEnough) {
  const PairResult result =
      RunPair(kPlacement, kNever, Sender(std::string(30, 'x')), Receiver({.max_bytes = 30}));
  EXPECT_EQ(result.first, Text(Status::kOk));
  EXPECT_EQ(result.second, Text(Status::kOk) + ", 1");
}

TEST(Session, SinkRefusesToStore) {
  ExpectRefusal(Sender("x"), Receiver({.on_append = Status::kOutputFailed}), Status::kOutputFailed);
}

TEST(Session, SinkRefusesToCommit) {
  const PairResult result =
      RunPair(kPlacement, kNever, Sender("x"), Receiver({.on_commit = Status::kOutputFailed}));
  EXPECT_EQ(result.first, Text(Status::kOutputFailed));
  EXPECT_EQ(result.second, Text(Status::kOutputFailed) + ", 1");
}

class FailingSource final : public Source {
 public:
  Piece Peek(std::size_t) override { return {{}, false, true}; }
  void Consume(std::size_t) override {}
};

TEST(Session, UnreadableInput) {
  const auto sender = [](KernelLink& link) {
    FailingSource source;
    TransferStats stats;
    return Text(SendMessage(link, Ack(), AckHeader(), source, {}, &stats));
  };
  const PairResult result = RunPair(kPlacement, kNever, sender, Receiver());
  EXPECT_EQ(result.first, Text(Status::kInputFailed));
  EXPECT_EQ(result.second, Uncommitted(Status::kPeerDied));
}

// ---- A sender that misbehaves -------------------------------------------------------------------

// The receiver ends the conversation; what the sender makes of that is that its peer is gone.
void ExpectGarbled(const Role& sender) {
  const PairResult result = RunPair(kPlacement, kNever, sender, Receiver());
  EXPECT_EQ(result.first, Text(Status::kPeerDied));
  EXPECT_EQ(result.second, Uncommitted(Status::kGarbled));
}

// A frame by hand. `change` spoils its header before the checksums are made, `spoil` after.
Role SenderOfFrame(const std::function<void(FrameHeader&)>& change,
                   const std::function<void(std::vector<std::byte>&)>& spoil = {}) {
  return [=](KernelLink& link) {
    const std::string body = "body";
    FrameHeader header{.message = AckHeader(), .body_bytes = 4, .last = true};
    header.crc = FrameCrc(header, AsBytes(body));
    if (change) change(header);
    auto bytes = Encode(header);
    if (spoil) spoil(bytes);
    const auto answer = SendRounds(link, std::span<const std::byte>(bytes));
    if (!answer) return Text(link.status());
    if (*answer == Signal::kUsr1) {
      SendBody(link, Ack(), AsBytes(body));
    } else {
      SendOver(link);
    }
    return Text(AwaitVerdict(link));
  };
}

TEST(Session, FrameByHandIsAccepted) {
  const PairResult result = RunPair(kPlacement, kNever, SenderOfFrame({}), Receiver());
  EXPECT_EQ(result.first, Text(Status::kOk));
  EXPECT_EQ(result.second, Text(Status::kOk) + ", 1");
}

TEST(Session, WrongSequenceNumber) {
  ExpectGarbled(SenderOfFrame([](FrameHeader& header) {
    header.message.reset();  // only those behind the first one have a number
    header.sequence = 7;
  }));
}

TEST(Session, DamagedFrameHeader) {
  ExpectGarbled(SenderOfFrame({}, [](auto& bytes) { bytes[4] ^= std::byte{0x10}; }));
}

// A later version may have anything behind its first byte, and is refused at once.
TEST(Session, LaterVersion) {
  const auto later = [](auto& bytes) { bytes[0] ^= std::byte{0x40}; };
  ExpectRefusal(SenderOfFrame({}, later), Receiver(), Status::kOtherVersion);
}

// Version 2 sent its headers by single bits, and waited for a verdict on the first one.
TEST(Session, EarlierVersion) {
  const auto sender = [](KernelLink& link) {
    const std::array header{std::byte{'M'}, std::byte{'T'}, std::byte{2}, std::byte{1}};
    if (!SendBytes(link, header)) return Text(link.status());
    SendOver(link);
    return Text(AwaitVerdict(link));
  };
  const PairResult result = RunPair(kPlacement, kNever, sender, Receiver());
  EXPECT_EQ(result.first, Text(Status::kUnknownProtocol));  // the nearest that it knows
  EXPECT_EQ(result.second, Uncommitted(Status::kOtherVersion));
}

TEST(Session, DamagedBodyIsAskedForAgain) {
  const auto sender = SenderOfFrame([](FrameHeader& header) { header.crc ^= 1; });
  const PairResult result = RunPair(kPlacement, kNever, sender, Receiver());
  EXPECT_EQ(result.first, Text(Status::kDamaged));
  EXPECT_EQ(result.second, Uncommitted(Status::kPeerDied));
}

TEST(Session, ShortBodyIsAskedForAgain) {
  const auto sender = SenderOfFrame([](FrameHeader& header) {
    header.body_bytes = 5;  // only four follow
  });
  const PairResult result = RunPair(kPlacement, kNever, sender, Receiver());
  EXPECT_EQ(result.first, Text(Status::kDamaged));
  EXPECT_EQ(result.second, Uncommitted(Status::kPeerDied));
}

// ---- Death and silence --------------------------------------------------------------------------

[[noreturn]] void Die() {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

// Its parent, the test, does not reap it yet: kill(2) would go on succeeding.
TEST(Session, SenderDiesInTheHeader) {
  const auto sender = [](KernelLink& link) -> std::string {
    const auto header = Encode(FrameHeader{.message = AckHeader()});
    SendRounds(link, std::span<const std::byte>(header).first(5));
    Die();
  };
  const PairResult result = RunPair(kPlacement, kNever, sender, Receiver());
  EXPECT_EQ(result.first, "(died)");
  EXPECT_EQ(result.second, Uncommitted(Status::kPeerDied));
}

// A source whose second piece is never handed out.
class DyingSource final : public Source {
 public:
  Piece Peek(std::size_t want) override {
    if (asked_++ > 0) Die();
    return {std::span(bytes_).first(std::min(want, bytes_.size())), false, false};
  }
  void Consume(std::size_t) override {}

 private:
  std::array<std::byte, 16> bytes_{};
  int asked_ = 0;
};

TEST(Session, SenderDiesBetweenFrames) {
  const auto sender = [](KernelLink& link) {
    DyingSource source;
    TransferStats stats;
    return Text(SendMessage(link, Ack(), AckHeader(), source, {}, &stats));
  };
  const PairResult result = RunPair(kPlacement, kNever, sender, Receiver());
  EXPECT_EQ(result.first, "(died)");
  EXPECT_EQ(result.second, Uncommitted(Status::kPeerDied));
}

TEST(Session, ReceiverDiesInTheBody) {
  const auto receiver = [](KernelLink& link) -> std::string {
    RoundReader reader(link);
    FrameHeader header;
    DecodeFrameHeader([&] { return reader.NextByte(); }, &header);
    reader.Answer(Signal::kUsr1);
    for (int i = 0; i < 13; ++i) ReceiveBit(link);
    Die();
  };
  const PairResult result = RunPair(kPlacement, kNever, Sender("some text"), receiver);
  EXPECT_EQ(result.first, Text(Status::kPeerDied));
  EXPECT_EQ(result.second, "(died)");
}

// Says nothing until the other side has gone.
std::string BeSilent(KernelLink& link) {
  link.peer().AwaitEnd(kHangGuard);
  return "silent";
}

TEST(Session, SilentReceiver) {
  const PairResult result = RunPair(kPlacement, kShort, Sender("x"), BeSilent);
  EXPECT_EQ(result.first, Text(Status::kTimedOut));
  EXPECT_EQ(result.second, "silent");
}

TEST(Session, SilentSender) {
  const PairResult result = RunPair(kPlacement, kShort, BeSilent, Receiver());
  EXPECT_EQ(result.first, "silent");
  EXPECT_EQ(result.second, Uncommitted(Status::kTimedOut));
}

// ---- The link's own promises --------------------------------------------------------------------

TEST(Session, FirstFailureStays) {
  const auto second = [](KernelLink& link) {
    link.Wait();
    link.Fail(Status::kGarbled);
    link.Fail(Status::kOk);
    link.Send(Signal::kUsr1, Lane::kShared);
    return Text(link.status()) + ", sent " + std::to_string(link.counters().sent);
  };
  const PairResult result = RunPair(kPlacement, kShort, BeSilent, second);
  EXPECT_EQ(result.second, Text(Status::kTimedOut) + ", sent 0");
}

// Signals too many are swept away at the end of a turn, or the next one would take them for its
// own.
TEST(Session, TurnEndsWithEmptySlots) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  const Fd read_end(ends[0]);
  const Fd write_end(ends[1]);
  const auto talker = [&](KernelLink& link) -> std::string {
    link.Send(Signal::kUsr1, Lane::kShared);
    link.Send(Signal::kUsr2, Lane::kShared);
    SendOver(link);
    return write(write_end.get(), "x", 1) == 1 ? BeSilent(link) : "no word";
  };
  const auto receiver = [&](KernelLink& link) -> std::string {
    char word = 0;
    if (read(read_end.get(), &word, 1) != 1) return "no word";
    const std::size_t bits = ReceiveBody(link, Ack(), {});
    const bool empty = !link.WaitFor(std::chrono::nanoseconds(0)).has_value();
    return Text(link.status()) + ", " + std::to_string(bits) + (empty ? ", empty" : ", more");
  };
  const PairResult result = RunPair(kPlacement, kNever, talker, receiver);
  EXPECT_EQ(result.second, Text(Status::kOk) + ", 0, empty");
}

TEST(Session, LastWordsOfTheDeadCount) {
  const auto first = [](KernelLink& link) -> std::string {
    link.Send(Signal::kUsr2, Lane::kShared);
    link.Send(Signal::kUsr1, Lane::kPrivate);
    Die();
  };
  const auto second = [](KernelLink& link) -> std::string {
    link.peer().AwaitEnd(kHangGuard);
    const bool both = link.Wait() == Arrival{Signal::kUsr1, Lane::kPrivate} &&
                      link.Wait() == Arrival{Signal::kUsr2, Lane::kShared};
    const bool then_nothing = !link.Wait().has_value();
    return both && then_nothing ? Text(link.status()) : "lost";
  };
  EXPECT_EQ(RunPair(kPlacement, kNever, first, second).second, Text(Status::kPeerDied));
}

}  // namespace
}  // namespace minitalk

// Both sides of a session against a peer that says anything, in any order: well-formed headers with
// fuzzed fields, raw bits, payloads, ends of turns, refusals, silence. Whatever happens ends; a
// message is committed at most once, and only if every byte of it passed its checksum; memory stays
// bounded.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <deque>
#include <span>
#include <vector>

#include "core/wire/bits.h"
#include "core/wire/session.h"
#include "core/wire/stop_and_wait.h"
#include "protocols/registry.h"

namespace minitalk {
namespace {

constexpr std::uint64_t kMaxMessage = 4096;
constexpr int kMaxArrivals = 200'000;

// The slots of `siginfo`'s packets, in their order.
constexpr std::array<Arrival, 4> kPackets{{{Signal::kUsr1, Lane::kPrivate, true},
                                           {Signal::kUsr2, Lane::kPrivate, true},
                                           {Signal::kUsr1, Lane::kShared, true},
                                           {Signal::kUsr2, Lane::kShared, true}}};

// The peer: makes up what arrives, from the fuzzer's bytes, when the other side waits for it.
class FuzzedLink final : public Link {
 public:
  // Echoes the first so many signals of the shared lane, as a receiver would; clocks of rounds are
  // mostly answered by USR1.
  FuzzedLink(FuzzedDataProvider& data, int polite_echoes)
      : data_(data), polite_echoes_(polite_echoes) {}

  using Link::Send;
  using Link::WaitFor;
  void Send(Signal signal, Lane lane, const Payload*) override {
    if (lane != Lane::kShared || polite_echoes_-- <= 0) return;
    const bool as_clock = data_.ConsumeIntegralInRange(0, 3) > 0;
    queue_.push_back({as_clock ? Signal::kUsr1 : signal, lane});
  }
  std::chrono::nanoseconds Now() override { return std::chrono::nanoseconds(++now_); }
  void Pause(std::chrono::nanoseconds) override {}

  std::optional<Arrival> WaitFor(std::chrono::nanoseconds timeout, Payload* payload) override {
    const bool only_looks = timeout == std::chrono::nanoseconds(0);
    if (queue_.empty() && only_looks && data_.ConsumeBool()) return std::nullopt;
    while (queue_.empty() && data_.remaining_bytes() > 0) Say();
    if (queue_.empty() || ++arrivals_ > kMaxArrivals) {
      if (!only_looks) Fail(Status::kTimedOut);
      return std::nullopt;
    }
    Arrival arrival = queue_.front();
    queue_.pop_front();
    if (payload != nullptr && data_.ConsumeBool()) Fill(&arrival, payload);
    return arrival;
  }

  // The bodies that were announced with their true checksum.
  const std::vector<std::vector<std::byte>>& honest() const { return honest_; }

 private:
  // A packet; at times the one that is due, so that a body gets anywhere.
  void Fill(Arrival* arrival, Payload* payload) {
    arrival->has_payload = true;
    payload->form = data_.ConsumeBool() ? Payload::Form::kInfo : Payload::Form::kValue;
    const bool due = data_.ConsumeBool();
    if (due) *arrival = kPackets[packets_ % kPackets.size()];
    payload->sequence = due ? packets_++ : data_.ConsumeIntegral<std::uint8_t>();
    data_.ConsumeData(payload->bytes.data(), payload->bytes.size());
  }

  void Say() {
    switch (data_.ConsumeIntegralInRange(0, 6)) {
      case 0:
        return QueueRounds(Encode({.message = RandomMessageHeader(),
                                   .body_bytes = data_.ConsumeIntegral<std::uint16_t>(),
                                   .last = data_.ConsumeBool(),
                                   .crc = data_.ConsumeIntegral<std::uint32_t>()}));
      case 1:
        return SayFrame();
      case 2:
        return Queue(
            data_.ConsumeBytes<std::byte>(data_.ConsumeIntegralInRange<std::size_t>(0, 64)));
      case 3:
        return queue_.push_back({Signal::kUsr1, Lane::kPrivate});
      case 4:
        return queue_.push_back({Signal::kUsr2, Lane::kPrivate});
      default:
        return queue_.push_back({SignalFor(data_.ConsumeBool()), Lane::kShared});
    }
  }

  MessageHeader RandomMessageHeader() {
    return {.protocol_id = static_cast<std::uint8_t>(data_.ConsumeIntegralInRange(0, 12)),
            .protocol_parameter = data_.ConsumeIntegral<std::uint32_t>(),
            .message_bytes = data_.ConsumeIntegral<std::uint64_t>(),
            .wants_echo = data_.ConsumeBool(),
            .wait = WaitMode::kAuto,
            .cpu = std::nullopt,
            .nonce = 0};
  }

  void SayFrame() {
    auto body = data_.ConsumeBytes<std::byte>(data_.ConsumeIntegralInRange<std::size_t>(0, 600));
    FrameHeader header{
        .sequence = data_.ConsumeBool() ? sequence_ : data_.ConsumeIntegral<std::uint8_t>(),
        .body_bytes = static_cast<std::uint32_t>(body.size()),
        .last = data_.ConsumeBool()};
    if (header.sequence == 0) header.message = RandomMessageHeader();
    header.crc = FrameCrc(header, body);
    if (data_.ConsumeIntegralInRange(0, 3) == 0) {
      header.crc ^= 1;
    } else {
      honest_.push_back(body);
    }
    QueueRounds(Encode(header));
    Queue(body);
    queue_.push_back({Signal::kUsr1, Lane::kPrivate});
    ++sequence_;
  }

  void QueueRounds(std::span<const std::byte> bytes) {
    const std::size_t count = BitCount(bytes);
    const auto bit = [&](std::size_t i) { return i < count && GetBit(bytes, i); };
    for (std::size_t i = 0; i < count; i += kBitsPerRound) {
      if (bit(i)) queue_.push_back({Signal::kUsr1, Lane::kPrivate});
      if (bit(i + 1)) queue_.push_back({Signal::kUsr2, Lane::kPrivate});
      queue_.push_back({SignalFor(bit(i + 2)), Lane::kShared});
    }
  }

  void Queue(std::span<const std::byte> bytes) {
    for (std::size_t i = 0; i < BitCount(bytes); ++i) {
      queue_.push_back({SignalFor(GetBit(bytes, i)), Lane::kShared});
    }
  }

  FuzzedDataProvider& data_;
  std::deque<Arrival> queue_;
  std::vector<std::vector<std::byte>> honest_;
  int polite_echoes_;
  std::uint8_t sequence_ = 0;
  std::uint8_t packets_ = 0;
  int arrivals_ = 0;
  std::int64_t now_ = 0;
};

class CheckingSink final : public Sink {
 public:
  explicit CheckingSink(const FuzzedLink& link) : link_(link) {}
  Status Append(std::span<const std::byte> bytes) override {
    size_ += bytes.size();
    if (size_ > kMaxMessage || commits_ > 0) std::abort();
    // A body that nobody announced would need a forged CRC-32C.
    const auto same = [&](const auto& body) { return std::ranges::equal(body, bytes); };
    if (!bytes.empty() && std::ranges::none_of(link_.honest(), same)) std::abort();
    return Status::kOk;
  }
  Status Commit(const TransferStats& stats) override {
    if (++commits_ > 1 || stats.bytes != size_) std::abort();
    return Status::kOk;
  }
  int commits() const { return commits_; }

 private:
  const FuzzedLink& link_;
  std::uint64_t size_ = 0;
  int commits_ = 0;
};

void Receive(FuzzedDataProvider& data) {
  FuzzedLink link(data, 0);
  CheckingSink sink(link);
  const auto admit = [](const MessageHeader&) { return Status::kOk; };
  const Reception reception = ReceiveMessage(link, AllProtocols(), kMaxMessage, admit, sink);
  if (reception.status == Status::kOk && sink.commits() != 1) std::abort();
}

void Send(FuzzedDataProvider& data) {
  const std::vector<std::byte> message(data.ConsumeIntegralInRange<std::size_t>(0, 300),
                                       std::byte{0x5a});
  const auto choice = ChooseProtocol(AllProtocols(), "ack");
  FuzzedLink link(data, data.ConsumeIntegralInRange(0, 5000));
  MemorySource source(message);
  TransferStats stats;
  const Status status = SendMessage(link, *choice, MessageHeader{}, source, {}, &stats);
  if (status == Status::kOk && stats.bytes != message.size()) std::abort();
}

}  // namespace
}  // namespace minitalk

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  FuzzedDataProvider data(bytes, size);
  data.ConsumeBool() ? minitalk::Send(data) : minitalk::Receive(data);
  return 0;
}

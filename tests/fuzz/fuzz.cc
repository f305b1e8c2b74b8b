// What comes from outside, taken apart: whatever it is, it is refused or understood, and nothing
// else happens. $MINITALK_FUZZ says which of the targets at the end of this file.
#include <fuzzer/FuzzedDataProvider.h>
#include <unistd.h>
#include <utf8.h>

#include <algorithm>
#include <array>
#include <boost/crc.hpp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/endpoint/output.h"
#include "core/os/placement.h"
#include "core/os/process_facts.h"
#include "core/os/siginfo_codec.h"
#include "core/wire/bits.h"
#include "core/wire/frame.h"
#include "core/wire/session.h"
#include "core/wire/stop_and_wait.h"
#include "protocols/registry.h"

namespace minitalk {
namespace {

// ---- frame --------------------------------------------------------------------------------------
//
// The header's decoder: whatever comes in is refused, or encodes back to exactly the same bytes.
// Its check is repaired first on every second input, or nothing would ever get past it.

constexpr std::size_t kCheckBytes = 2;

// As if the input were a header from end to end.
void RepairCheck(std::span<std::byte> header) {
  boost::crc_ccitt_type crc;
  crc.process_bytes(header.data(), header.size() - kCheckBytes);
  header[header.size() - 2] = static_cast<std::byte>(crc.checksum());
  header[header.size() - 1] = static_cast<std::byte>(crc.checksum() >> 8);
}

void FuzzFrame(std::span<const std::uint8_t> data) {
  const auto input = std::as_bytes(data);
  std::vector<std::byte> bytes(input.begin(), input.end());
  if (data.size() > kCheckBytes && data.back() % 2 == 0) RepairCheck(bytes);
  std::size_t taken = 0;
  const auto next = [&] {
    return taken < bytes.size() ? std::optional(bytes[taken++]) : std::nullopt;
  };
  FrameHeader header;
  const Status status = DecodeFrameHeader(next, &header);
  bytes.resize(taken);
  if (status == Status::kOk && Encode(header) != bytes) std::abort();
  if (status == Status::kOtherVersion && taken != 1) std::abort();
}

// ---- siginfo ------------------------------------------------------------------------------------
//
// Any 128 bytes taken for a siginfo_t: a payload is refused, or encodes back to the bytes that
// travelled. With every second input the code is first made one of this conversation, or hardly any
// would be accepted.

constexpr std::size_t kTravelling = 48;

// The nonce comes first, then the siginfo_t, the rest of which is zero.
struct Input {
  Nonce nonce = 0;
  std::uint8_t choice = 0;
  siginfo_t info = {};
};

Input Parse(std::span<const std::uint8_t> bytes) {
  Input input;
  if (bytes.size() < sizeof input.nonce + 1) return input;
  std::memcpy(&input.nonce, bytes.data(), sizeof input.nonce);
  input.choice = bytes[sizeof input.nonce];
  const auto rest = bytes.subspan(sizeof input.nonce + 1);
  std::memcpy(&input.info, rest.data(), std::min(rest.size(), sizeof input.info));
  return input;
}

// Choices: 0 and 3 leave the code as it is.
void RepairCode(Input* input) {
  const Payload payload{.sequence = static_cast<std::uint8_t>(input->info.si_code)};
  const Lane lane = (input->choice & 4) != 0 ? Lane::kPrivate : Lane::kShared;
  if (input->choice % 4 == 1) {
    input->info.si_code = EncodePayload(SIGUSR1, lane, payload, input->nonce).si_code;
  }
  if (input->choice % 4 == 2) {
    input->info.si_code = SI_QUEUE;
    input->info.si_pid = getpid();
  }
}

void CheckInfo(const Input& input, const Payload& payload, Lane lane) {
  const siginfo_t again = EncodePayload(input.info.si_signo, lane, payload, input.nonce);
  if (std::memcmp(&again, &input.info, kTravelling) != 0) std::abort();
}

// si_errno and the padding are the sender's business; of the rest only the value counts.
void CheckValue(const Input& input, const Payload& payload, Lane lane) {
  if (lane != Lane::kShared || input.info.si_pid != getpid()) std::abort();
  const siginfo_t again = EncodePayload(input.info.si_signo, lane, payload, input.nonce);
  if (again.si_code != SI_QUEUE || again.si_pid != input.info.si_pid) std::abort();
  if (std::memcmp(&again.si_value, &input.info.si_value, Payload::kValueBytes) != 0) std::abort();
}

void CheckPayload(const Input& input) {
  Payload payload;
  const auto lane = DecodePayload(input.info, input.nonce, getpid(), &payload);
  if (!lane) {
    if (input.choice % 4 == 1 || input.choice % 4 == 2) std::abort();
    return;
  }
  if (input.info.si_code >= 0) std::abort();  // the kernel's own
  if (payload.form == Payload::Form::kInfo) {
    CheckInfo(input, payload, *lane);
  } else {
    CheckValue(input, payload, *lane);
  }
}

void FuzzSiginfo(std::span<const std::uint8_t> data) {
  Input input = Parse(data);
  if (data.size() > sizeof input.nonce) RepairCode(&input);
  CheckPayload(input);
}

// ---- text ---------------------------------------------------------------------------------------
//
// What people type and what reaches a terminal: pids, protocol names, escaped messages.

void CheckPid(std::string_view text) {
  const auto pid = ParsePid(text);
  if (!pid) return;
  // Leading zeros aside, only the number itself is accepted.
  const auto digits = text.substr(std::min(text.find_first_not_of('0'), text.size()));
  if (*pid <= 1 || *pid == getpid() || std::to_string(*pid) != digits) std::abort();
}

void CheckProtocol(std::string_view text) {
  const auto choice = ChooseProtocol(AllProtocols(), text);
  if (!choice) return;
  const auto again = ChooseProtocol(AllProtocols(), choice->Name());
  if (!again || again->info != choice->info || again->parameter != choice->parameter) std::abort();
}

void CheckEscape(std::string_view text) {
  const std::string shown = EscapeForTerminal(text);
  if (!utf8::is_valid(shown)) std::abort();
  const auto harmful = [](char byte) {
    return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f;
  };
  if (std::ranges::any_of(shown, harmful)) std::abort();
  for (unsigned char second = 0x80; second < 0xa0; ++second) {  // the C1 controls
    const char control[] = {'\xc2', static_cast<char>(second), '\0'};
    if (shown.find(control) != std::string::npos) std::abort();
  }
}

void FuzzText(std::span<const std::uint8_t> data) {
  const std::string_view text(reinterpret_cast<const char*>(data.data()), data.size());
  CheckPid(text);
  CheckProtocol(text);
  CheckEscape(text);
  ParseWaitMode(text);
  ParsePin(text);
}

// ---- session ------------------------------------------------------------------------------------
//
// Both sides of a session against a peer that says anything, in any order: well-formed headers with
// fuzzed fields, raw bits, payloads, ends of turns, refusals, silence. Whatever happens ends; a
// message is committed at most once, and only if every byte of it passed its checksum; memory stays
// bounded.

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

void FuzzSession(std::span<const std::uint8_t> bytes) {
  FuzzedDataProvider data(bytes.data(), bytes.size());
  data.ConsumeBool() ? Send(data) : Receive(data);
}

using Fuzz = void (*)(std::span<const std::uint8_t> data);

// Ends the program where there is no such target.
Fuzz ChosenTarget() {
  const char* chosen = std::getenv("MINITALK_FUZZ");
  constexpr std::array<std::pair<std::string_view, Fuzz>, 4> kTargets{{{"frame", FuzzFrame},
                                                                       {"siginfo", FuzzSiginfo},
                                                                       {"text", FuzzText},
                                                                       {"session", FuzzSession}}};
  for (const auto& [name, fuzz] : kTargets) {
    if (chosen != nullptr && name == chosen) return fuzz;
  }
  std::fputs("MINITALK_FUZZ has to be frame, siginfo, text or session\n", stderr);
  std::exit(EXIT_FAILURE);
}

}  // namespace
}  // namespace minitalk

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const minitalk::Fuzz target = minitalk::ChosenTarget();
  target({data, size});
  return 0;
}

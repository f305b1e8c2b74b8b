// Work whose instructions can be counted (scripts/minitalk/perf/instructions.py): codecs, framing,
// CRC, bits, and both ends of each loss-free protocol, in one process, without a clock and without
// the kernel, so that a count is the same each time.
//
//   minitalk_instructions               names the cases, each with its bytes a turn
//   minitalk_instructions CASE TURNS    does one so often
#include <signal.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "core/os/siginfo_codec.h"
#include "core/wire/bits.h"
#include "core/wire/crc32c.h"
#include "core/wire/frame.h"
#include "protocols/registry.h"
#include "verify/fibre.h"
#include "verify/pending.h"

namespace minitalk {
namespace {

using Bytes = std::vector<std::byte>;

constexpr std::size_t kBytes = 1024;  // of a message; a multiple of a siginfo's 40 it is not

// The compiler has to believe that somebody reads it.
template <typename Value>
void Use(const Value& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

Bytes RandomBytes() {
  std::mt19937 random(1);
  Bytes bytes(kBytes);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

// One end of a conversation within this process: the model's slots, and a fibre that waits.
class End final : public Link {
 public:
  using Link::Send;
  using Link::WaitFor;
  void Send(Signal signal, Lane lane, const Payload* payload) override {
    verify::Info info;
    if (payload != nullptr) info.payload = *payload;
    peer->sets_.Post({signal, lane, info});
  }
  std::optional<Arrival> WaitFor(std::chrono::nanoseconds timeout, Payload* payload) override {
    if (sets_.empty() && timeout == std::chrono::nanoseconds(0)) fibre->Yield();
    while (sets_.empty() && timeout != std::chrono::nanoseconds(0)) fibre->Yield();
    const auto taken = sets_.Take(verify::Order::kTaken);
    if (!taken) return std::nullopt;
    const bool has_payload = taken->info.payload.has_value();
    if (has_payload && payload != nullptr) *payload = *taken->info.payload;
    return Arrival{taken->signal, taken->lane, has_payload};
  }
  std::chrono::nanoseconds Now() override { return {}; }
  void Pause(std::chrono::nanoseconds) override {}

  End* peer = nullptr;
  verify::Fibre* fibre = nullptr;

 private:
  verify::PendingSets sets_;
};

void Transfer(const Protocol& protocol, const Bytes& message) {
  End sender;
  End receiver;
  Bytes received(message.size());
  verify::Fibre sending([&] { protocol.Send(sender, Bits(message)); });
  verify::Fibre receiving([&] { protocol.Receive(receiver, MutableBits(received)); });
  sender.peer = &receiver;
  receiver.peer = &sender;
  sender.fibre = &sending;
  receiver.fibre = &receiving;
  while (!sending.done() || !receiving.done()) {
    if (!sending.done()) sending.Resume();
    if (!receiving.done()) receiving.Resume();
  }
  if (received != message) std::abort();
}

void CopyBits(const Bytes& message) {
  Bytes copy(message.size());
  for (std::size_t i = 0; i < BitCount(message); ++i) SetBit(copy, i, GetBit(message, i));
  if (copy != message) std::abort();
}

void CopyHeaders(const Bytes& message) {
  // As many as make up for the message: a short one is nine bytes.
  for (std::size_t done = 0; done < message.size();) {
    FrameHeader header{.message = MessageHeader{.protocol_id = 5},
                       .body_bytes = static_cast<std::uint32_t>(done),
                       .last = true};
    header.crc = FrameCrc(header, {});
    const Bytes wire = Encode(header);
    std::size_t at = 0;
    FrameHeader decoded;
    const auto next = [&]() -> std::optional<std::byte> { return wire.at(at++); };
    if (DecodeFrameHeader(next, &decoded) != Status::kOk) std::abort();
    done += wire.size();
  }
}

void CopyPayloads(const Bytes& message) {
  for (std::size_t at = 0; at + Payload::kInfoBytes <= message.size(); at += Payload::kInfoBytes) {
    Payload payload;
    std::copy_n(message.begin() + static_cast<std::ptrdiff_t>(at), Payload::kInfoBytes,
                payload.bytes.begin());
    const siginfo_t info = EncodePayload(SIGUSR1, Lane::kPrivate, payload, 12345);
    Payload decoded;
    if (!DecodePayload(info, 12345, 1, &decoded) || decoded.bytes != payload.bytes) std::abort();
  }
}

struct Case {
  std::string name;
  std::function<void(const Bytes&)> turn;
};

std::vector<Case> AllCases() {
  std::vector<Case> cases{{"crc", [](const Bytes& message) { Use(Crc32c(message)); }},
                          {"bits", CopyBits},
                          {"headers", CopyHeaders},
                          {"payloads", CopyPayloads}};
  for (const ProtocolInfo* info : AllProtocols()) {
    if (!info->loss_free || info->timed) continue;
    cases.push_back({std::string(info->name), [info](const Bytes& message) {
                       Transfer(*info->make(info->default_parameter), message);
                     }});
  }
  return cases;
}

// One of a hundred instructions more: tests/instructions_test.py wants to see them found.
void Waste(const Bytes& message) {
#ifdef MINITALK_WASTE
  for (std::size_t i = 0; i < message.size() / 4; ++i) Use(i);
#else
  Use(message);
#endif
}

int Program(int argc, char** argv) {
  const std::vector<Case> cases = AllCases();
  if (argc != 3) {
    for (const Case& one : cases) std::printf("%s %zu\n", one.name.c_str(), kBytes);
    return 0;
  }
  const Bytes message = RandomBytes();
  for (const Case& one : cases) {
    if (one.name != argv[1]) continue;
    for (int turn = std::atoi(argv[2]); turn > 0; --turn) {
      one.turn(message);
      Waste(message);
    }
    return 0;
  }
  return 64;
}

}  // namespace
}  // namespace minitalk

int main(int argc, char** argv) { return minitalk::Program(argc, argv); }

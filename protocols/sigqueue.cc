// `sigqueue(3)` sends an eight-byte value along. USR1 with eight bytes, USR2 with eight more, then
// the receiver's USR1.
//
// *Theory.* 128 bits a round, 1/64 signals a bit. The value is the only payload that POSIX knows,
// and "of several pending signals the lowest first" is POSIX's rule for the real-time signals only;
// Linux keeps it for these two as well. The origin of such a signal is filled in by the sender's
// libc, so the link can believe it only as far as the claim goes: a forger of the same user can put
// wrong bytes into a frame. Its checksum finds them.
#include <algorithm>

#include "core/wire/protocol.h"

namespace minitalk {
namespace {

constexpr Signal kReply = Signal::kUsr1;
constexpr std::size_t kValueBytes = Payload::kValueBytes;
constexpr SlotSet kBoth[] = {kSharedUsr1 | kSharedUsr2};

class Sigqueue final : public Protocol {
 public:
  void Send(Link& link, Bits bits) const override {
    const auto bytes = bits.bytes();
    for (std::size_t i = 0; i < bytes.size();) {
      for (const Signal signal : {Signal::kUsr1, Signal::kUsr2}) {
        if (i < bytes.size()) i += SendValue(link, signal, bytes.subspan(i));
      }
      const auto reply = link.Wait();
      if (!reply) return;
      if (reply->signal != kReply) return link.Fail(Status::kGarbled);
    }
  }

  std::size_t Receive(Link& link, MutableBits bits) const override {
    const auto bytes = bits.bytes();
    for (std::size_t i = 0; i < bytes.size();) {
      for (const Signal signal : {Signal::kUsr1, Signal::kUsr2}) {
        if (i == bytes.size()) continue;
        const std::size_t got = ReceiveValue(link, signal, bytes.subspan(i));
        if (got == 0) return i * kBitsPerByte;
        i += got;
      }
      link.Send(kReply, Lane::kShared);
    }
    return bits.size();
  }

 private:
  // Both return the number of bytes that went along; the receiver 0 if there was no value.
  static std::size_t SendValue(Link& link, Signal signal, std::span<const std::byte> bytes) {
    Payload payload{.form = Payload::Form::kValue};
    const auto part = bytes.first(std::min(bytes.size(), kValueBytes));
    std::ranges::copy(part, payload.bytes.begin());
    link.Send(signal, Lane::kShared, &payload);
    return part.size();
  }

  static std::size_t ReceiveValue(Link& link, Signal signal, std::span<std::byte> bytes) {
    Payload payload;
    const auto arrival = link.Wait(&payload);
    if (!arrival) return 0;
    const bool is_value = arrival->has_payload && payload.form == Payload::Form::kValue;
    if (!is_value || arrival->signal != signal) {
      link.Fail(Status::kGarbled);
      return 0;
    }
    const std::size_t size = std::min(bytes.size(), kValueBytes);
    std::copy_n(payload.bytes.begin(), size, bytes.begin());
    return size;
  }
};

}  // namespace

extern const ProtocolInfo kSigqueue;
constinit const ProtocolInfo kSigqueue{
    .id = 7,
    .name = "sigqueue",
    .summary = "eight bytes in sigqueue's value, two signals a round",
    .loss_free = true,
    .payload = true,
    .rounds = {.sets = kBoth, .bits_per_signal = kValueBytes * kBitsPerByte},
    .make = Make<Sigqueue>,
};

}  // namespace minitalk

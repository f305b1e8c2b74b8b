// `siginfo`: forty bytes beside each signal, in all four slots. The two of a lane are a buffer; the
// sender fills one while the receiver empties the other, and each buffer has an acknowledgement of
// its own. A full buffer of the shared lane can be overtaken by the next one of the private lane,
// so each packet bears its number.
#include <algorithm>
#include <array>

#include "core/wire/protocol.h"

namespace minitalk {
namespace {

constexpr std::size_t kPacketBytes = Payload::kInfoBytes;
constexpr std::size_t kBufferPackets = 2;
constexpr std::size_t kBuffers = 2;
constexpr std::size_t kSlots = kBuffers * kBufferPackets;

constexpr std::array<Arrival, kSlots> kSlot{{{Signal::kUsr1, Lane::kPrivate, true},
                                             {Signal::kUsr2, Lane::kPrivate, true},
                                             {Signal::kUsr1, Lane::kShared, true},
                                             {Signal::kUsr2, Lane::kShared, true}}};
constexpr std::array<Arrival, kBuffers> kReply{
    {{Signal::kUsr1, Lane::kShared}, {Signal::kUsr2, Lane::kShared}}};

template <typename Byte>
std::span<Byte> PacketAt(std::span<Byte> bytes, std::size_t packet) {
  const auto rest = bytes.subspan(packet * kPacketBytes);
  return rest.first(std::min(rest.size(), kPacketBytes));
}

std::size_t PacketCount(std::size_t bytes) { return (bytes + kPacketBytes - 1) / kPacketBytes; }

// The packet after which a buffer is acknowledged.
bool EndsBuffer(std::size_t packet, std::size_t packets) {
  return packet % kBufferPackets == kBufferPackets - 1 || packet + 1 == packets;
}

// Which buffers may be filled. Acknowledgements may come in the other order: one that nobody waits
// for yet is kept.
class Buffers {
 public:
  explicit Buffers(Link& link) : link_(link) { free_.fill(true); }

  // Waits until the buffer is empty. False: the link failed.
  bool Await(std::size_t buffer) {
    while (!free_[buffer]) {
      const auto reply = link_.Wait();
      if (!reply) return false;
      const auto replied = std::ranges::find(kReply, *reply);
      if (replied == kReply.end()) {
        link_.Fail(Status::kGarbled);
        return false;
      }
      free_[static_cast<std::size_t>(replied - kReply.begin())] = true;
    }
    return true;
  }
  void Fill(std::size_t buffer) { free_[buffer] = false; }

 private:
  Link& link_;
  std::array<bool, kBuffers> free_{};
};

class Siginfo final : public Protocol {
 public:
  void Send(Link& link, Bits bits) const override {
    const auto bytes = bits.bytes();
    const std::size_t packets = PacketCount(bytes.size());
    Buffers buffers(link);
    Payload payload;
    for (std::size_t packet = 0; packet < packets; ++packet) {
      const std::size_t buffer = packet / kBufferPackets % kBuffers;
      if (packet % kBufferPackets == 0) {
        if (!buffers.Await(buffer)) return;
        buffers.Fill(buffer);
      }
      payload.sequence = static_cast<std::uint8_t>(packet);
      std::ranges::copy(PacketAt(bytes, packet), payload.bytes.begin());
      const Arrival& slot = kSlot[packet % kSlots];
      link.Send(slot.signal, slot.lane, &payload);
    }
    for (std::size_t buffer = 0; buffer < kBuffers; ++buffer) {
      if (!buffers.Await(buffer)) return;
    }
  }

  std::size_t Receive(Link& link, MutableBits bits) const override {
    const auto bytes = bits.bytes();
    const std::size_t packets = PacketCount(bytes.size());
    std::array<std::size_t, kSlots> next{0, 1, 2, 3};  // the packet that each slot brings next
    Payload payload;
    for (std::size_t taken = 0; taken < packets; ++taken) {
      const auto arrival = link.Wait(&payload);
      if (!arrival) return 0;
      const auto slot =
          static_cast<std::size_t>(std::ranges::find(kSlot, *arrival) - kSlot.begin());
      const std::size_t packet = slot < kSlots ? next[slot] : packets;
      const bool is_due = packet < packets && payload.form == Payload::Form::kInfo &&
                          payload.sequence == static_cast<std::uint8_t>(packet);
      if (!is_due) {
        link.Fail(Status::kGarbled);
        return 0;
      }
      next[slot] += kSlots;
      const auto part = PacketAt(bytes, packet);
      std::copy_n(payload.bytes.begin(), part.size(), part.begin());
      if (EndsBuffer(packet, packets)) {
        const Arrival& reply = kReply[packet / kBufferPackets % kBuffers];
        link.Send(reply.signal, reply.lane);
      }
    }
    return bits.size();
  }
};

}  // namespace

extern const ProtocolInfo kSiginfo;
constinit const ProtocolInfo kSiginfo{
    .id = 8,
    .name = "siginfo",
    .summary = "forty bytes in the siginfo of each of four slots, two filled while two are emptied",
    .loss_free = true,
    .private_lane = true,
    .payload = true,
    .bits_per_round_max = kBufferPackets * kPacketBytes * kBitsPerByte,
    .bits_per_round_random = kBufferPackets * kPacketBytes * kBitsPerByte,
    .make = Make<Siginfo>,
};

}  // namespace minitalk

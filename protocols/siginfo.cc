// Forty bytes beside each signal, in all four slots. The two slots of a lane are a buffer: the
// sender fills the private one, then the shared one, then waits for the private one's answer
// (shared USR1) before it fills that again, and so on; the shared one's answer is USR2.
//
//     packet    0  1   2  3   4  5   6  7
//     lane      P  P   S  S   P  P   S  S        P: private, S: shared
//     answer       1      2      1      2
//
// While the receiver empties one buffer the sender fills the other. The price: packets 4 and 5
// (private) overtake 2 and 3 (shared) if the receiver is late, so each bears its number modulo 256.
//
// The siginfo that the kernel lets pass (the layout is at the top of
// [core/os/siginfo_codec.h](../core/os/siginfo_codec.h)): of 128 bytes the first 48 travel; signal
// number and si_code are taken, the other 40 are the payload. si_code is negative and carries 21
// bits of a nonce that both ends know from the message header, the lane, and the sequence number. A
// payload without the nonce is a stranger's: dropped and counted.
//
// *Theory.* 2 packets a round trip, but two round trips overlap: 4 x 320 bits a round. A signal
// that bears a payload is queued, and the kernel queues only RLIMIT_SIGPENDING of them per user.
// Beyond that it still delivers the number, without siginfo and without sender. The link takes such
// a signal for a stranger's, so nothing wrong can come of it; the transfer stalls and is refused,
// and both ends say why.
#include <algorithm>
#include <array>

#include "core/wire/protocol.h"

namespace minitalk {
namespace {

constexpr std::size_t kPacketBytes = Payload::kInfoBytes;
constexpr std::size_t kBufferPackets = 2;
constexpr std::size_t kBuffers = 2;
constexpr SlotSet kBuffer[] = {kPrivateUsr1 | kPrivateUsr2};  // or the other one, in turn
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
    .rounds = {.sets = kBuffer,
               .bits_per_signal = kPacketBytes * kBitsPerByte,
               .under_way = static_cast<int>(kBuffers)},
    .make = Make<Siginfo>,
};

}  // namespace minitalk

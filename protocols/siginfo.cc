// `siginfo`: forty bytes beside each of the four slots' signals, 160 a round. They go out in the
// order in which the kernel hands them over, private before shared and USR1 before USR2, so they
// arrive in order; a sequence number says so.
#include <algorithm>
#include <array>

#include "core/bits.h"
#include "core/protocol.h"

namespace minitalk {
namespace {

constexpr std::size_t kInfoBytes = Payload::kInfoBytes;
constexpr std::array<Arrival, 4> kSlots{{{Signal::kUsr1, Lane::kPrivate, true},
                                         {Signal::kUsr2, Lane::kPrivate, true},
                                         {Signal::kUsr1, Lane::kShared, true},
                                         {Signal::kUsr2, Lane::kShared, true}}};
constexpr Arrival kReply{Signal::kUsr1, Lane::kShared};

class Siginfo final : public Protocol {
 public:
  void Send(Link& link, std::span<const std::byte> bytes) const override {
    Payload payload;
    for (auto left = bytes; !left.empty();) {
      for (const Arrival& slot : kSlots) {
        if (left.empty()) break;
        const auto part = left.first(std::min(left.size(), kInfoBytes));
        std::ranges::copy(part, payload.bytes.begin());
        link.Send(slot.signal, slot.lane, &payload);
        ++payload.sequence;
        left = left.subspan(part.size());
      }
      const auto reply = link.Wait();
      if (!reply) return;
      if (*reply != kReply) return link.Fail(Status::kGarbled);
    }
  }

  std::size_t Receive(Link& link, std::span<std::byte> bytes) const override {
    Payload payload;
    std::uint8_t sequence = 0;
    for (auto left = bytes; !left.empty();) {
      for (const Arrival& slot : kSlots) {
        if (left.empty()) break;
        const auto arrival = link.Wait(&payload);
        if (!arrival) return BitCount(bytes) - BitCount(left);
        if (*arrival != slot || payload.sequence != sequence++) {
          link.Fail(Status::kGarbled);
          return 0;
        }
        const std::size_t size = std::min(left.size(), kInfoBytes);
        std::copy_n(payload.bytes.begin(), size, left.begin());
        left = left.subspan(size);
      }
      link.Send(kReply.signal, kReply.lane);
    }
    return BitCount(bytes);
  }
};

}  // namespace

extern const ProtocolInfo kSiginfo;
constinit const ProtocolInfo kSiginfo{
    .id = 8,
    .name = "siginfo",
    .summary = "forty bytes in the siginfo of each slot, four signals a round",
    .loss_free = true,
    .private_lane = true,
    .payload = true,
    .bits_per_round_max = 4 * kInfoBytes * kBitsPerByte,
    .bits_per_round_random = 4 * kInfoBytes * kBitsPerByte,
    .make = Make<Siginfo>,
};

}  // namespace minitalk

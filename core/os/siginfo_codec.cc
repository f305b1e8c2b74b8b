#include "core/os/siginfo_codec.h"

#include <unistd.h>

#include <cstring>
#include <limits>

namespace minitalk {
namespace {

// Where the free bytes lie on 64-bit Linux; the second part runs from the padding to the end of
// what travels.
constexpr std::size_t kCodeEnd = offsetof(siginfo_t, si_code) + sizeof(int);
constexpr std::size_t kErrnoBytes = sizeof(int);
constexpr std::size_t kTravelling = 48;
static_assert(kErrnoBytes + kTravelling - kCodeEnd == Payload::kInfoBytes);

constexpr int kNonceShift = 8;
constexpr int kPrivateBit = 1 << 29;
constexpr auto kFirstCode = std::numeric_limits<int>::min();

int CodeFor(Nonce nonce, Lane lane, std::uint8_t sequence) {
  const int lane_bit = lane == Lane::kPrivate ? kPrivateBit : 0;
  return kFirstCode + lane_bit + static_cast<int>((nonce & kNonceMask) << kNonceShift | sequence);
}

std::byte* Behind(siginfo_t* info) { return reinterpret_cast<std::byte*>(info) + kCodeEnd; }
const std::byte* Behind(const siginfo_t& info) {
  return reinterpret_cast<const std::byte*>(&info) + kCodeEnd;
}

}  // namespace

siginfo_t EncodePayload(int signal_number, Lane lane, const Payload& payload, Nonce nonce) {
  siginfo_t info = {};
  info.si_signo = signal_number;
  if (payload.form == Payload::Form::kValue) {
    info.si_code = SI_QUEUE;
    info.si_pid = getpid();
    info.si_uid = getuid();
    static_assert(sizeof info.si_value == Payload::kValueBytes);
    std::memcpy(&info.si_value, payload.bytes.data(), Payload::kValueBytes);
  } else {
    info.si_code = CodeFor(nonce, lane, payload.sequence);
    std::memcpy(&info.si_errno, payload.bytes.data(), kErrnoBytes);
    std::memcpy(Behind(&info), payload.bytes.data() + kErrnoBytes,
                Payload::kInfoBytes - kErrnoBytes);
  }
  return info;
}

std::optional<Lane> DecodePayload(const siginfo_t& info, Nonce nonce, pid_t sender,
                                  Payload* payload) {
  if (info.si_code == SI_QUEUE) {
    if (info.si_pid != sender) return std::nullopt;
    payload->form = Payload::Form::kValue;
    std::memcpy(payload->bytes.data(), &info.si_value, Payload::kValueBytes);
    return Lane::kShared;
  }
  const Lane lane = (info.si_code & kPrivateBit) != 0 ? Lane::kPrivate : Lane::kShared;
  const auto sequence = static_cast<std::uint8_t>(info.si_code);
  if (info.si_code != CodeFor(nonce, lane, sequence)) return std::nullopt;
  payload->form = Payload::Form::kInfo;
  payload->sequence = sequence;
  std::memcpy(payload->bytes.data(), &info.si_errno, kErrnoBytes);
  std::memcpy(payload->bytes.data() + kErrnoBytes, Behind(info), Payload::kInfoBytes - kErrnoBytes);
  return lane;
}

}  // namespace minitalk

// Any 128 bytes taken for a siginfo_t: a payload is refused, or encodes back to the bytes that
// travelled. With every second input the code is first made one of this conversation, or hardly any
// would be accepted.
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>

#include "core/os/siginfo_codec.h"

namespace minitalk {
namespace {

constexpr std::size_t kTravelling = 48;

// The nonce comes first, then the siginfo_t, the rest of which is zero.
struct Input {
  Nonce nonce = 0;
  std::uint8_t choice = 0;
  siginfo_t info = {};
};

Input Parse(const std::uint8_t* data, std::size_t size) {
  Input input;
  const std::span<const std::uint8_t> bytes(data, size);
  if (size < sizeof input.nonce + 1) return input;
  std::memcpy(&input.nonce, data, sizeof input.nonce);
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

void Check(const Input& input) {
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

}  // namespace
}  // namespace minitalk

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  minitalk::Input input = minitalk::Parse(data, size);
  if (size > sizeof input.nonce) minitalk::RepairCode(&input);
  minitalk::Check(input);
  return 0;
}

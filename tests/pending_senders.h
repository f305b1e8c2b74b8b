// What tests/pending_test.cc needs to hold the model of the pending signals against the kernel:
// random signals by every call that there is, processes that send what they are told, and a pair of
// twins, the kernel's slots of this process and the model's, which are filled alike.
#pragma once

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/os/fd.h"
#include "core/os/signals.h"
#include "process_harness.h"
#include "verify/pending.h"

namespace minitalk::verify {

enum class Call : std::uint8_t { kKill, kTgkill, kSigqueue, kQueueInfo, kTgQueueInfo };

// One signal, and what the model keeps of it.
struct Sending {
  Call call;
  Pending pending;
};

// What process `sender` may send: any signal by any call with any bytes.
Sending RandomSending(std::mt19937_64& random, pid_t sender);

// Makes the call. False: the kernel refused.
bool Send(pid_t receiver, const Sending& sending);

// A siginfo in the model's words. A chosen si_code tells the lane by its lowest bit, as
// RandomSending has it.
Pending Observed(const siginfo_t& info);

bool Same(const Pending& a, const Pending& b);
std::string Describe(const Pending& pending);

// A process that sends to its creator.
class Sender {
 public:
  static constexpr std::size_t kMostAtOnce = 8;

  Sender();
  pid_t pid() const { return child_->pid(); }
  // Returns when all of it, in this order, is pending or lost. False: something failed.
  bool SendAll(std::span<const Sending> sendings) const;

 private:
  Fd socket_;
  std::unique_ptr<Child> child_;
};

// REQUIRES: a process with one thread and both signals blocked.
class Twins {
 public:
  explicit Twins(std::uint64_t seed);

  // Of 0..limit-1.
  std::size_t Draw(std::size_t limit) { return random_() % limit; }

  // A random signal, mostly from the same process as the last one. The model has it at once, the
  // kernel after the next Flush(), which says whether all went well so far.
  void PostRandom();
  bool Flush();

  // Takes from the model.
  std::optional<Pending> Take(Order order);
  bool empty() const { return model_.empty(); }
  // As in /proc: {SigPnd, ShdPnd}.
  std::array<std::uint64_t, 2> Masks() const;

  // Signals that vanished though another process than the survivor's sent them.
  std::size_t lost_to_another() const { return lost_to_another_; }
  std::size_t operations() const { return log_.size(); }
  // The last operations, a line each, and how to have them again.
  std::string History() const;

 private:
  static constexpr std::size_t kSenders = 3;  // beside this process, which is number 0

  struct Operation {
    std::string_view what;
    std::size_t who;
    std::optional<Pending> pending;
    bool lost;
  };

  pid_t PidOf(std::size_t who) const;

  std::uint64_t seed_;
  std::mt19937_64 random_;
  std::vector<Sender> senders_;
  PendingSets model_;
  std::size_t who_ = 0;
  std::vector<Sending> unsent_;  // by who_
  bool sent_ = true;
  std::array<std::size_t, PendingSets::kSlots> holder_{};
  std::size_t lost_to_another_ = 0;
  std::vector<Operation> log_;
};

// ---- How
// -----------------------------------------------------------------------------------------

namespace {

constexpr std::array<std::string_view, 5> kCallNames{"kill", "tgkill", "sigqueue", "queueinfo",
                                                     "tgqueueinfo"};

// Where the free bytes lie, said apart from core/os/siginfo_codec so that a mistake there is not
// repeated here: si_errno, then all from the padding behind si_code to the 48th byte.
constexpr std::size_t kErrnoAt = 4;
constexpr std::size_t kErrnoBytes = 4;
constexpr std::size_t kRestAt = 12;
constexpr std::size_t kRestBytes = 36;
constexpr std::size_t kPidAt = 16;
static_assert(kErrnoBytes + kRestBytes == Payload::kInfoBytes);

bool Private(Call call) { return call == Call::kTgkill || call == Call::kTgQueueInfo; }
bool HasInfo(Call call) { return call == Call::kQueueInfo || call == Call::kTgQueueInfo; }

bool TellsPrivate(int code) { return code == SI_TKILL || (code < SI_QUEUE && code % 2 != 0); }

// Any negative code but those that the other calls have; often one of those that the kernel itself
// uses, from -2 to -7. Its lowest bit tells the lane.
int RandomCode(std::mt19937_64& random, bool is_private) {
  for (;;) {
    const auto draw = static_cast<std::uint32_t>(random());
    const int code = random() % 4 == 0 ? -2 - static_cast<int>(draw % 6)
                                       : std::bit_cast<int>(draw | 0x8000'0000u);
    if (code < SI_QUEUE && code != SI_TKILL && TellsPrivate(code) == is_private) return code;
  }
}

siginfo_t InfoOf(const Pending& pending) {
  siginfo_t info = {};
  info.si_signo = NumberOf(pending.signal);
  info.si_code = pending.info.code;
  const auto* from = pending.info.payload->bytes.data();
  if (info.si_code == SI_QUEUE) {
    info.si_pid = getpid();
    info.si_uid = getuid();
    std::memcpy(&info.si_value, from, Payload::kValueBytes);
  } else {
    auto* to = reinterpret_cast<std::byte*>(&info);
    std::memcpy(to + kErrnoAt, from, kErrnoBytes);
    std::memcpy(to + kRestAt, from + kErrnoBytes, kRestBytes);
  }
  return info;
}

std::size_t SlotOf(const Pending& pending) {
  return (pending.lane == Lane::kShared ? 2u : 0u) + (pending.signal == Signal::kUsr2 ? 1u : 0u);
}

}  // namespace

inline Sending RandomSending(std::mt19937_64& random, pid_t sender) {
  const auto call = static_cast<Call>(random() % kCallNames.size());
  const Signal signal = SignalFor(random() % 2 != 0);
  Sending sending{call, {signal, Private(call) ? Lane::kPrivate : Lane::kShared, {}}};
  Info& info = sending.pending.info;
  info.sender = sender;
  if (call == Call::kKill) info.code = SI_USER;
  if (call == Call::kTgkill) info.code = SI_TKILL;
  if (call == Call::kKill || call == Call::kTgkill) return sending;
  Payload payload{.form = HasInfo(call) ? Payload::Form::kInfo : Payload::Form::kValue};
  const std::size_t size = HasInfo(call) ? Payload::kInfoBytes : Payload::kValueBytes;
  for (std::size_t i = 0; i < size; ++i) payload.bytes[i] = static_cast<std::byte>(random());
  info.payload = payload;
  info.code = HasInfo(call) ? RandomCode(random, Private(call)) : SI_QUEUE;
  // There si_pid is nothing but four of the free bytes.
  if (HasInfo(call)) {
    std::memcpy(&info.sender, &payload.bytes[kErrnoBytes + kPidAt - kRestAt], sizeof info.sender);
  }
  return sending;
}

inline bool Send(pid_t receiver, const Sending& sending) {
  const int number = NumberOf(sending.pending.signal);
  if (sending.call == Call::kKill) return kill(receiver, number) == 0;
  if (sending.call == Call::kTgkill) return syscall(SYS_tgkill, receiver, receiver, number) == 0;
  const siginfo_t info = InfoOf(sending.pending);
  if (sending.call == Call::kTgQueueInfo) {
    return syscall(SYS_rt_tgsigqueueinfo, receiver, receiver, number, &info) == 0;
  }
  return syscall(SYS_rt_sigqueueinfo, receiver, number, &info) == 0;
}

inline Pending Observed(const siginfo_t& info) {
  Pending pending{SignalFor(info.si_signo == SIGUSR2),
                  TellsPrivate(info.si_code) ? Lane::kPrivate : Lane::kShared,
                  {.code = info.si_code, .sender = info.si_pid}};
  if (info.si_code == SI_USER || info.si_code == SI_TKILL) return pending;
  Payload payload;
  if (info.si_code == SI_QUEUE) {
    payload.form = Payload::Form::kValue;
    std::memcpy(payload.bytes.data(), &info.si_value, Payload::kValueBytes);
  } else {
    const auto* from = reinterpret_cast<const std::byte*>(&info);
    std::memcpy(payload.bytes.data(), from + kErrnoAt, kErrnoBytes);
    std::memcpy(payload.bytes.data() + kErrnoBytes, from + kRestAt, kRestBytes);
  }
  pending.info.payload = payload;
  return pending;
}

inline bool Same(const Pending& a, const Pending& b) {
  if (a.signal != b.signal || a.lane != b.lane || a.info.code != b.info.code) return false;
  if (a.info.sender != b.info.sender) return false;
  const auto& ours = a.info.payload;
  const auto& theirs = b.info.payload;
  if (!ours || !theirs) return ours.has_value() == theirs.has_value();
  return ours->form == theirs->form && ours->bytes == theirs->bytes;
}

inline std::string Describe(const Pending& pending) {
  std::ostringstream text;
  text << (pending.lane == Lane::kPrivate ? "private" : "shared")
       << (pending.signal == Signal::kUsr1 ? " USR1" : " USR2") << " code " << pending.info.code
       << " pid " << pending.info.sender;
  if (!pending.info.payload) return text.str();
  const bool value = pending.info.payload->form == Payload::Form::kValue;
  const std::size_t size = value ? Payload::kValueBytes : Payload::kInfoBytes;
  text << (value ? " value " : " info ") << std::hex;
  for (std::size_t i = 0; i < size; ++i) {
    const auto byte = std::to_integer<unsigned>(pending.info.payload->bytes[i]);
    text << (byte < 16 ? "0" : "") << byte;
  }
  return text.str();
}

// A message is up to kMostAtOnce sendings, the answer one byte: whether the kernel took them all.
inline Sender::Sender() {
  static_assert(std::is_trivially_copyable_v<Sending>);
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw std::runtime_error("socketpair");
  }
  socket_ = Fd(ends[0]);
  const Fd other(ends[1]);
  const pid_t receiver = getpid();
  child_ = std::make_unique<Child>([&]() -> std::string {
    for (;;) {
      std::vector<Sending> orders(kMostAtOnce);
      const ssize_t got = recv(other.get(), orders.data(), kMostAtOnce * sizeof(Sending), 0);
      if (got <= 0) return "told to end";
      orders.resize(static_cast<std::size_t>(got) / sizeof(Sending));
      const char done =
          std::ranges::all_of(orders, [=](const Sending& order) { return Send(receiver, order); });
      if (send(other.get(), &done, 1, MSG_NOSIGNAL) != 1) return "nobody listens";
    }
  });
}

inline bool Sender::SendAll(std::span<const Sending> sendings) const {
  const auto bytes = static_cast<ssize_t>(sendings.size_bytes());
  if (send(socket_.get(), sendings.data(), sendings.size_bytes(), MSG_NOSIGNAL) != bytes) {
    return false;
  }
  char done = 0;
  return recv(socket_.get(), &done, 1, 0) == 1 && done != 0;
}

inline Twins::Twins(std::uint64_t seed) : seed_(seed), random_(seed), senders_(kSenders) {}

inline pid_t Twins::PidOf(std::size_t who) const {
  return who == 0 ? getpid() : senders_[who - 1].pid();
}

inline void Twins::PostRandom() {
  if (Draw(3) == 0 || unsent_.size() == Sender::kMostAtOnce) {
    Flush();
    who_ = Draw(kSenders + 1);
  }
  const Sending sending = RandomSending(random_, PidOf(who_));
  unsent_.push_back(sending);
  const bool lost = !model_.Post(sending.pending);
  auto& holder = holder_[SlotOf(sending.pending)];
  if (!lost) holder = who_;
  if (lost && holder != who_) ++lost_to_another_;
  log_.push_back({kCallNames[static_cast<std::size_t>(sending.call)], who_, sending.pending, lost});
}

inline bool Twins::Flush() {
  const std::vector<Sending> batch = std::exchange(unsent_, {});
  if (batch.empty() || !sent_) return sent_;
  sent_ = who_ > 0 ? senders_[who_ - 1].SendAll(batch)
                   : std::ranges::all_of(
                         batch, [](const Sending& order) { return Send(getpid(), order); });
  return sent_;
}

inline std::optional<Pending> Twins::Take(Order order) {
  const auto taken = model_.Take(order);
  log_.push_back({"taken", 0, taken, false});
  return taken;
}

inline std::array<std::uint64_t, 2> Twins::Masks() const {
  constexpr std::array<std::uint64_t, 2> kBits{1u << (SIGUSR1 - 1), 1u << (SIGUSR2 - 1)};
  std::array<std::uint64_t, 2> masks{};
  for (std::size_t slot = 0; slot < PendingSets::kSlots; ++slot) {
    if (model_.slots()[slot]) masks[slot / 2] |= kBits[slot % 2];
  }
  return masks;
}

inline std::string Twins::History() const {
  constexpr std::size_t kLines = 20;
  std::ostringstream text;
  const std::size_t end = log_.size();
  for (std::size_t i = end - std::min(end, kLines); i < end; ++i) {
    const Operation& operation = log_[i];
    text << "\n#" << i << " process " << operation.who << ' ' << operation.what << ' '
         << (operation.pending ? Describe(*operation.pending) : "nothing")
         << (operation.lost ? ", lost" : "");
  }
  text << "\nthis is operation " << end << "; again with MINITALK_SEED=" << seed_;
  return text.str();
}

}  // namespace minitalk::verify

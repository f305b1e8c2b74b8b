#include "verify/kernel/twins.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <cstring>
#include <type_traits>
#include <utility>

#include "verify/kernel/facts/fact.h"

namespace minitalk::verify {
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

int NumberOf(Signal signal) { return signal == Signal::kUsr1 ? SIGUSR1 : SIGUSR2; }

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

Sending RandomSending(std::mt19937_64& random, pid_t sender) {
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

bool Send(pid_t receiver, const Sending& sending) {
  const int number = NumberOf(sending.pending.signal);
  if (sending.call == Call::kKill) return kill(receiver, number) == 0;
  if (sending.call == Call::kTgkill) return syscall(SYS_tgkill, receiver, receiver, number) == 0;
  const siginfo_t info = InfoOf(sending.pending);
  if (sending.call == Call::kTgQueueInfo) {
    return syscall(SYS_rt_tgsigqueueinfo, receiver, receiver, number, &info) == 0;
  }
  return syscall(SYS_rt_sigqueueinfo, receiver, number, &info) == 0;
}

Pending Observed(const siginfo_t& info) {
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

bool Same(const Pending& a, const Pending& b) {
  if (a.signal != b.signal || a.lane != b.lane || a.info.code != b.info.code) return false;
  if (a.info.sender != b.info.sender) return false;
  const auto& ours = a.info.payload;
  const auto& theirs = b.info.payload;
  if (!ours || !theirs) return ours.has_value() == theirs.has_value();
  return ours->form == theirs->form && ours->bytes == theirs->bytes;
}

std::string Describe(const Pending& pending) {
  std::string text = pending.lane == Lane::kPrivate ? "private" : "shared";
  text += pending.signal == Signal::kUsr1 ? " USR1" : " USR2";
  text += " code " + std::to_string(pending.info.code);
  text += " pid " + std::to_string(pending.info.sender);
  if (!pending.info.payload) return text;
  const bool value = pending.info.payload->form == Payload::Form::kValue;
  const std::size_t size = value ? Payload::kValueBytes : Payload::kInfoBytes;
  text += value ? " value " : " info ";
  for (std::size_t i = 0; i < size; ++i) {
    std::array<char, 3> digits{};
    std::snprintf(digits.data(), digits.size(), "%02x",
                  std::to_integer<unsigned>(pending.info.payload->bytes[i]));
    text += digits.data();
  }
  return text;
}

namespace {

// What goes through the pipe to a sender, in one piece; the answer is one byte: whether the kernel
// took them all.
struct Orders {
  std::size_t count = 0;
  std::array<Sending, Sender::kMostAtOnce> sendings{};
};
static_assert(std::is_trivially_copyable_v<Orders> && sizeof(Orders) <= 4096);

[[noreturn]] void Serve(pid_t receiver, int orders_fd, int answers_fd) {
  for (;;) {
    Orders orders;
    if (read(orders_fd, &orders, sizeof orders) != sizeof orders) _exit(0);
    const std::span<const Sending> all(orders.sendings.data(), orders.count);
    const bool taken =
        std::ranges::all_of(all, [=](const auto& one) { return Send(receiver, one); });
    const char done = taken ? 1 : 0;
    if (write(answers_fd, &done, 1) != 1) _exit(0);
  }
}

}  // namespace

Sender::Sender() {
  std::array<int, 2> orders{};
  std::array<int, 2> answers{};
  const pid_t receiver = getpid();
  if (pipe(orders.data()) != 0 || pipe(answers.data()) != 0 || (pid_ = fork()) < 0) {
    std::perror("a sender cannot be started");
    _exit(kNotAsLinux);
  }
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(orders[1]);
    Serve(receiver, orders[0], answers[1]);
  }
  close(orders[0]);
  close(answers[1]);
  orders_ = orders[1];
  answers_ = answers[0];
}

bool Sender::SendAll(std::span<const Sending> sendings) const {
  Orders orders;
  orders.count = sendings.size();
  std::ranges::copy(sendings, orders.sendings.begin());
  char done = 0;
  return write(orders_, &orders, sizeof orders) == sizeof orders && read(answers_, &done, 1) == 1 &&
         done != 0;
}

Twins::Twins(std::uint64_t seed) : seed_(seed), random_(seed), senders_(kSenders) {}

pid_t Twins::PidOf(std::size_t who) const { return who == 0 ? getpid() : senders_[who - 1].pid(); }

void Twins::PostRandom() {
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

bool Twins::Flush() {
  const std::vector<Sending> batch = std::exchange(unsent_, {});
  if (batch.empty() || !sent_) return sent_;
  sent_ = who_ > 0 ? senders_[who_ - 1].SendAll(batch)
                   : std::ranges::all_of(
                         batch, [](const Sending& order) { return Send(getpid(), order); });
  return sent_;
}

std::optional<Pending> Twins::Take(Order order) {
  const auto taken = model_.Take(order);
  log_.push_back({"taken", 0, taken, false});
  return taken;
}

std::array<std::uint64_t, 2> Twins::Masks() const {
  constexpr std::array<std::uint64_t, 2> kBits{1u << (SIGUSR1 - 1), 1u << (SIGUSR2 - 1)};
  std::array<std::uint64_t, 2> masks{};
  for (std::size_t slot = 0; slot < PendingSets::kSlots; ++slot) {
    if (model_.slots()[slot]) masks[slot / 2] |= kBits[slot % 2];
  }
  return masks;
}

std::string Twins::History() const {
  constexpr std::size_t kLines = 20;
  std::string text;
  const std::size_t end = log_.size();
  for (std::size_t i = end - std::min(end, kLines); i < end; ++i) {
    const Operation& operation = log_[i];
    text += "\n#" + std::to_string(i) + " process " + std::to_string(operation.who) + ' ' +
            std::string(operation.what) + ' ' +
            (operation.pending ? Describe(*operation.pending) : "nothing") +
            (operation.lost ? ", lost" : "");
  }
  return text + "\nafter " + std::to_string(end) + " operations from seed " + std::to_string(seed_);
}

}  // namespace minitalk::verify

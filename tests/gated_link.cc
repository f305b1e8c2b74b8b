#include "gated_link.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "core/os/kernel_link.h"
#include "core/os/process_facts.h"
#include "core/os/signals.h"
#include "signal_probe.h"
#include "verify/world.h"

namespace minitalk {
namespace {

using std::chrono::nanoseconds;

// Any number, as long as both ends have the same.
constexpr Nonce kNonce = 0x5a5a5;

char LetterOf(Signal signal, Lane lane) {
  return kAllSlots[static_cast<std::size_t>(std::countr_zero(SlotOf(signal, lane)))];
}

Status SendRaw(pid_t peer, Signal signal, Lane lane) {
  return SendTo(peer, LetterOf(signal, lane)) ? Status::kOk : Status::kSystemFailed;
}

Looked Recognize(const siginfo_t& info, pid_t peer) {
  return {.arrival = Arrival{info.si_signo == SIGUSR1 ? Signal::kUsr1 : Signal::kUsr2,
                             info.si_code == SI_TKILL ? Lane::kPrivate : Lane::kShared},
          .foreign = info.si_pid == peer ? 0u : 1u};
}

class KernelGround final : public Ground {
 public:
  explicit KernelGround(Process peer) : link_(std::move(peer), WaitMode::kSleep, kHangGuard) {
    link_.set_nonce(kNonce);
  }
  Status Send(Signal signal, Lane lane, const Payload* payload) override {
    link_.Send(signal, lane, payload);
    return link_.status();
  }
  Looked Look(nanoseconds timeout, Payload* payload) override {
    const std::uint64_t before = link_.counters().strangers;
    const auto arrival = link_.WaitFor(timeout, payload);
    return {arrival, link_.counters().strangers - before};
  }
  Status status() const override { return link_.status(); }

 private:
  KernelLink link_;
};

// What the usual exercises do: whose signal it is nobody asks.
class RawGround final : public Ground {
 public:
  explicit RawGround(pid_t peer) : peer_(peer) {}
  Status Send(Signal signal, Lane lane, const Payload*) override {
    return SendRaw(peer_, signal, lane);
  }
  Looked Look(nanoseconds timeout, Payload*) override {
    const timespec most{.tv_sec = timeout.count() / 1'000'000'000,
                        .tv_nsec = timeout.count() % 1'000'000'000};
    siginfo_t info = {};
    const bool for_ever = timeout == Link::kUntilTimeout;
    return TakeRaw(&info, for_ever ? nullptr : &most) > 0 ? Recognize(info, peer_) : Looked{};
  }

 private:
  pid_t peer_;
};

// What the handlers have noted, in the order in which their bodies ran.
constexpr int kMostNotes = 64;
siginfo_t notes[kMostNotes];
volatile std::sig_atomic_t note_count = 0;

void Note(int, siginfo_t* info, void*) {
  if (note_count < kMostNotes) notes[note_count] = *info;
  note_count = note_count + 1;
}

// Handlers with an empty sa_mask. Both signals are blocked except where the test lets them through.
class HandlerGround final : public Ground {
 public:
  // `at_looks`: a look lets them through as well, so that what is pending comes at that moment.
  HandlerGround(pid_t peer, bool at_looks) : peer_(peer), at_looks_(at_looks) {
    struct sigaction action = {};
    action.sa_sigaction = Note;
    action.sa_flags = SA_SIGINFO;
    sigemptyset(&action.sa_mask);
    for (const int number : {SIGUSR1, SIGUSR2}) sigaction(number, &action, nullptr);
  }
  Status Send(Signal signal, Lane lane, const Payload*) override {
    return SendRaw(peer_, signal, lane);
  }
  // REQUIRES: `timeout` is zero or for ever.
  Looked Look(nanoseconds timeout, Payload*) override {
    if (at_looks_) LetThrough();
    if (timeout == Link::kUntilTimeout) SleepForNote();
    if (next_ == note_count) return {};
    return Recognize(notes[next_++], peer_);
  }
  Looked RunHandlers() override {
    const int before = note_count;
    LetThrough();
    return note_count == before + 1 ? Recognize(notes[before], peer_) : Looked{};
  }
  void Pause() override {
    Unblock({SIGUSR1, SIGUSR2});
    pause();
    BlockBoth();
  }

 private:
  static void LetThrough() {
    Unblock({SIGUSR1, SIGUSR2});
    BlockBoth();
  }
  void SleepForNote() const {
    sigset_t none;
    sigemptyset(&none);
    while (next_ == note_count) sigsuspend(&none);
  }
  pid_t peer_;
  bool at_looks_;
  int next_ = 0;
};

}  // namespace

Channel::Ends Channel::MakePair() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw std::system_error(errno, std::generic_category(), "socketpair");
  }
  Ends result;
  result.test.fd_ = Fd(ends[0]);
  result.process.fd_ = Fd(ends[1]);
  return result;
}

// One that goes away is noticed by whoever waits for its answer.
void Channel::PutBytes(std::span<const std::byte> bytes) const {
  while (send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0 && errno == EINTR) {
  }
}

bool Channel::GetBytes(std::span<std::byte> bytes, std::chrono::milliseconds timeout) const {
  pollfd entry = {.fd = fd_.get(), .events = POLLIN, .revents = 0};
  int ready = 0;
  while ((ready = poll(&entry, 1, static_cast<int>(timeout.count()))) < 0 && errno == EINTR) {
  }
  if (ready != 1) return false;
  const ssize_t got = recv(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  return got == static_cast<ssize_t>(bytes.size());
}

std::unique_ptr<Ground> MakeGround(const verify::TransferSetup& setup, verify::Pid self,
                                   pid_t peer) {
  const bool nests = self == verify::kReceiver && setup.order == verify::Order::kNested;
  const bool handlers = self == verify::kSender && setup.sender_handlers;
  if (nests || handlers) return std::make_unique<HandlerGround>(peer, nests);
  if (!setup.checks_sender) return std::make_unique<RawGround>(peer);
  std::optional<Process> process;
  if (Process::Open(peer, &process) != Status::kOk) throw std::runtime_error("no peer");
  return std::make_unique<KernelGround>(std::move(*process));
}

void GatedLink::Tell(Call call) {
  call.looked = std::exchange(looked_, {});
  call.status = status();
  std::ranges::copy(buffer_, call.buffer.begin());
  channel_.Put(call);
}

Permit GatedLink::Ask(const Call& call) {
  for (;;) {
    Tell(call);
    const auto permit = channel_.Get<Permit>(kHangGuard);
    if (!permit) throw std::runtime_error("the test has gone");
    if (permit->kind != Permit::Kind::kHandlers) return *permit;
    looked_ = ground_.RunHandlers();
  }
}

void GatedLink::Send(Signal signal, Lane lane, const Payload* payload) {
  if (!ok()) return;
  Ask({.wish = Call::Wish::kSend, .signal = signal, .lane = lane});
  Fail(ground_.Send(signal, lane, payload));
}

// As within KernelLink, a wait goes on once a stranger's signal was dropped; but each signal taken
// is a step of its own.
std::optional<Arrival> GatedLink::WaitFor(nanoseconds timeout, Payload* payload) {
  while (ok()) {
    const Permit permit = Ask({.wish = Call::Wish::kWait, .timeout = timeout});
    const bool only_look = permit.kind == Permit::Kind::kLook;
    looked_ = ground_.Look(only_look ? nanoseconds(0) : timeout, payload);
    Fail(ground_.status());
    // Back against expectation: nothing more may happen.
    if (permit.kind == Permit::Kind::kForGood) Ask({.wish = Call::Wish::kNothing});
    if (looked_.arrival) return looked_.arrival;
    if (looked_.foreign == 0) return std::nullopt;
  }
  return std::nullopt;
}

nanoseconds GatedLink::Now() { return std::chrono::steady_clock::now().time_since_epoch(); }

// No step: how late the next one comes is the gate's business.
void GatedLink::Pause(nanoseconds gap) { std::this_thread::sleep_for(gap); }

void GatedLink::PauseForHandler() {
  Ask({.wish = Call::Wish::kPause});
  ground_.Pause();
  throw std::runtime_error("woken, which no step foresaw");
}

void GatedLink::End(std::size_t count) {
  const Call end{.wish = Call::Wish::kNothing, .count = count};
  if (ok()) {
    Ask(end);
  } else {
    Tell(end);
  }
}

void PlaySide(const Channel& channel, const verify::TransferSetup& setup, verify::Pid self,
              const verify::Message& message, std::span<const std::byte> blank) {
  PrepareSignals("minitalk-test");
  channel.Put(Call{});
  const auto introduction = channel.Get<Permit>(kHangGuard);
  if (!introduction) return;
  const auto ground = MakeGround(setup, self, introduction->peer);
  std::vector<std::byte> buffer(blank.begin(), blank.end());
  GatedLink link(channel, *ground, buffer);
  if (self == verify::kSender) {
    setup.protocol->Send(link, message.bits());
    link.End(0);
  } else {
    link.End(setup.protocol->Receive(link, {buffer, message.size}));
  }
}

void PlayStranger(const Channel& channel) {
  while (const auto order = channel.Get<StrangerOrder>(kHangGuard)) {
    const bool sent = order->target > 1 && SendTo(order->target, order->slot);
    channel.Put(sent);
  }
}

namespace {

// The system call in which it sleeps. Nothing: /proc does not tell, which not every kernel does.
std::optional<long> SleepsInCall(pid_t pid) {
  long number = 0;
  if (std::ifstream(fmt::format("/proc/{}/syscall", pid)) >> number) return number;
  return std::nullopt;
}

}  // namespace

Slots SlotOf(Signal signal, Lane lane) {
  return 1u << ((lane == Lane::kShared ? 2u : 0u) + (signal == Signal::kUsr2 ? 1u : 0u));
}

std::string DescribeSlot(Slots slot) {
  const auto index = static_cast<unsigned>(std::countr_zero(slot));
  return verify::ToString(index % 2 == 0 ? Signal::kUsr1 : Signal::kUsr2,
                          index < 2 ? Lane::kPrivate : Lane::kShared);
}

Slots PendingSlots(pid_t pid) {
  Slots slots = 0;
  std::ifstream file(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string key;
    std::uint64_t mask = 0;
    words >> key >> std::hex >> mask;
    const auto add = [&](int number, Slots slot) {
      if ((mask >> (number - 1) & 1) != 0) slots |= slot;
    };
    if (key != "SigPnd:" && key != "ShdPnd:") continue;
    const Lane lane = key == "SigPnd:" ? Lane::kPrivate : Lane::kShared;
    add(SIGUSR1, SlotOf(Signal::kUsr1, lane));
    add(SIGUSR2, SlotOf(Signal::kUsr2, lane));
  }
  return slots;
}

bool SleepsForSignal(pid_t pid) {
  const auto facts = InspectProcess(pid);
  if (!facts || facts->state != 'S') return false;
  const auto call = SleepsInCall(pid);
  return !call || *call == SYS_rt_sigtimedwait || *call == SYS_pause || *call == SYS_rt_sigsuspend;
}

}  // namespace minitalk

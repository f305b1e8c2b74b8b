#include "bench/side.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "bench/floor.h"
#include "core/os/kernel_link.h"
#include "core/wire/bits.h"
#include "core/wire/session.h"
#include "core/wire/turn.h"

namespace minitalk {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kWarmUpRounds = 500;
constexpr int kFloorRounds = 2000;

// The timeout of a session: this, and so many times as long as the bare protocol took.
constexpr std::chrono::milliseconds kSessionTimeout{500};
constexpr int kSessionSlowdown = 3;

double CpuNs() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  const auto ns = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_usec) * 1e3;
  };
  return ns(usage.ru_utime) + ns(usage.ru_stime);
}

double NsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::nano>(Clock::now() - start).count();
}

// How many bits differ. REQUIRES: the same size.
std::uint64_t CountDifferent(std::span<const std::byte> a, std::span<const std::byte> b) {
  std::uint64_t different = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    different += static_cast<unsigned>(std::popcount(std::to_integer<unsigned>(a[i] ^ b[i])));
  }
  return different;
}

// How the floor beside an external pair waits, whose own waits are unknown: as is quickest in that
// place. Where the kernel chooses the CPUs it may choose one.
WaitMode FloorWait(Pin pin) { return pin == Pin::kNone ? WaitMode::kAuto : WaitMode::kSpin; }

class MemorySink final : public Sink {
 public:
  Status Append(std::span<const std::byte> bytes) override {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return Status::kOk;
  }
  Status Commit(const TransferStats&) override { return Status::kOk; }
  const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

// The session must not go on for ever on a link that loses nearly everything: past the deadline
// there is "nothing more to read".
class DeadlineSource final : public Source {
 public:
  DeadlineSource(std::span<const std::byte> bytes, Clock::time_point deadline)
      : source_(bytes), deadline_(deadline) {}
  Piece Peek(std::size_t want) override {
    expired_ = Clock::now() > deadline_;
    return expired_ ? Piece{.bytes = {}, .last = false, .failed = true} : source_.Peek(want);
  }
  void Consume(std::size_t bytes) override { source_.Consume(bytes); }
  bool expired() const { return expired_; }

 private:
  MemorySource source_;
  Clock::time_point deadline_;
  bool expired_ = false;
};

// Signals that were sent for the messages themselves, without the ends of turns.
struct Traffic {
  std::uint64_t to_receiver = 0;
  std::uint64_t to_sender = 0;  // each ends a round trip
};

// Moves messages between the two processes, so that protocols and carriers are measured by the same
// code.
class Transport {
 public:
  virtual ~Transport() = default;
  // Returns when the receiver has answered, or status() says why it has not.
  virtual void Send(std::span<const std::byte> bytes) = 0;
  // How many bits arrived.
  virtual std::size_t Receive(std::span<std::byte> bytes) = 0;
  virtual void Answer() = 0;
  virtual Status status() const = 0;
  virtual Traffic traffic() const { return {}; }
};

class ProtocolTransport final : public Transport {
 public:
  ProtocolTransport(KernelLink& link, const ProtocolChoice& choice)
      : link_(link), choice_(choice) {}

  void Send(std::span<const std::byte> bytes) override {
    const LinkCounters before = link_.counters();
    SendBody(link_, choice_, bytes);
    const LinkCounters after = link_.counters();
    traffic_.to_receiver += after.sent - before.sent - 1;  // without `over`
    traffic_.to_sender += after.received - before.received;
    AwaitVerdict(link_);
  }
  std::size_t Receive(std::span<std::byte> bytes) override {
    return ReceiveBody(link_, choice_, bytes);
  }
  void Answer() override { SendVerdict(link_, Status::kOk); }
  Status status() const override { return link_.status(); }
  Traffic traffic() const override { return traffic_; }

 private:
  KernelLink& link_;
  const ProtocolChoice& choice_;
  Traffic traffic_;
};

class CarrierTransport final : public Transport {
 public:
  explicit CarrierTransport(Carrier& carrier) : carrier_(carrier) {}

  void Send(std::span<const std::byte> bytes) override {
    Expect(carrier_.Send(bytes) && carrier_.AwaitReply());
  }
  std::size_t Receive(std::span<std::byte> bytes) override {
    return Expect(carrier_.Receive(bytes)) ? BitCount(bytes) : 0;
  }
  void Answer() override { Expect(carrier_.Reply(std::byte{0})); }
  Status status() const override { return status_; }

 private:
  bool Expect(bool success) {
    if (!success) status_ = Status::kPeerDied;
    return success;
  }

  Carrier& carrier_;
  Status status_ = Status::kOk;
};

// What the two sides have in common. Runs in a forked child.
class Side {
 public:
  Side(Shared& shared, const Condition& condition, ProtocolMenu menu, std::uint64_t seed,
       const TrialLimits& limits, bool sends)
      : shared_(shared),
        sample_(shared.sample),
        menu_(menu),
        limits_(limits),
        sends_(sends),
        wait_(ResolveWait(condition.wait.value_or(FloorWait(condition.pin)), condition.pin)),
        pid_of_peer_(sends ? shared.receiver : shared.sender),
        seed_(seed),
        choice_(ChooseProtocol(menu, condition.protocol)),
        message_(MakePayload(condition.payload, condition.size_bytes, seed)) {}

  // Goes where the condition says. Throws std::runtime_error, in both ends, where one of them may
  // not: what it would measure is another row.
  void TakePlace(Pin pin) {
    const auto cpus = ChooseCpus(pin);
    const auto cpu = !cpus ? std::nullopt : sends_ ? cpus->sender : cpus->receiver;
    const bool placed = cpus && (!cpu || PinTo(*cpu));
    const int error = errno;
    if (!placed) shared_.misplaced = true;
    Meet();
    if (!cpus) throw std::runtime_error("pin cross needs two CPUs, and only one may be used");
    if (!placed) {
      throw std::runtime_error(fmt::format("cannot be pinned to CPU {}: {}; see taskset and cpuset",
                                           cpu.value_or(-1), std::strerror(error)));
    }
    if (shared_.misplaced) throw std::runtime_error("the other end could not be pinned");
  }

  void RunFloor() {
    Meet();
    PingPong(pid_of_peer_, kWarmUpRounds, wait_, sends_);
    MeasureFloor(&sample_.floor_before_ns);
  }

  // With a carrier the messages travel through it, else over the condition's protocol.
  Status Run(Carrier* carrier) {
    RunFloor();
    if (carrier != nullptr) {
      carrier->Become(sends_ ? End::kSender : End::kReceiver, wait_);
      CarrierTransport transport(*carrier);
      return MoveMessages(transport);
    }
    MeasureAlone();
    if (choice_->info->payload) MeasureSend();
    return RunOverLink();
  }

 private:
  Status RunOverLink() {
    std::optional<Process> peer;
    Status status = Process::Open(pid_of_peer_, &peer);
    if (status != Status::kOk) return status;
    KernelLink link(std::move(*peer), wait_, limits_.hard);
    link.set_nonce(static_cast<Nonce>(seed_));
    ProtocolTransport transport(link, *choice_);
    status = MoveMessages(transport);
    if (status != Status::kOk) return status;
    // Last, because a sender that gives up just leaves.
    sends_ ? SendThroughSession(link) : ReceiveThroughSession(link);
    return Status::kOk;
  }

  Status MoveMessages(Transport& transport) {
    const double cpu_ns = CpuNs();
    sends_ ? SendMessages(transport) : ReceiveMessages(transport);
    (sends_ ? sample_.sender_cpu_ns : sample_.receiver_cpu_ns) = CpuNs() - cpu_ns;
    if (transport.status() != Status::kOk) return transport.status();
    MeasureFloor(&sample_.floor_after_ns);
    sample_.measured = true;
    return Status::kOk;
  }

  void Meet() { pthread_barrier_wait(&shared_.barrier); }

  // The starter's figure counts.
  void MeasureFloor(double* round_ns) {
    Meet();
    const double ns = PingPong(pid_of_peer_, kFloorRounds, wait_, sends_);
    if (sends_) *round_ns = ns;
  }

  void MeasureAlone() {
    Meet();
    if (!sends_) return;
    const CallCosts costs = MeasureCalls(choice_->info->payload);
    sample_.send_ns = costs.send_ns;
    sample_.take_ns = costs.take_ns;
  }

  void MeasureSend() {
    Meet();
    const double ns = PayloadSendCost(pid_of_peer_, kFloorRounds, wait_, sends_);
    if (sends_) sample_.payload_send_ns = ns;
  }

  void SendMessages(Transport& transport) {
    Meet();
    for (std::uint32_t i = 0; i < shared_.planned_messages; ++i) {
      const auto start = Clock::now();
      transport.Send(message_);
      const double elapsed_ns = NsSince(start);
      if (transport.status() != Status::kOk) return;
      sample_.latency_ns[i] = static_cast<float>(elapsed_ns);
      sample_.elapsed_ns += elapsed_ns;
      sample_.bits_sent += BitCount(message_);
      ++sample_.messages;
      if (i == 0) Plan(elapsed_ns);
    }
    sample_.signals_to_receiver = transport.traffic().to_receiver;
    sample_.signals_to_sender = transport.traffic().to_sender;
  }

  // As many messages as fill the time, judged by the first.
  void Plan(double first_ns) {
    const double budget_ns = std::chrono::duration<double, std::nano>(limits_.messages).count();
    const double fitting = std::clamp(budget_ns / first_ns, 1.0, double{kMostMessages});
    shared_.planned_messages = static_cast<std::uint32_t>(fitting);
    Meet();
  }

  void ReceiveMessages(Transport& transport) {
    Meet();
    std::vector<std::byte> body(message_.size());
    for (std::uint32_t i = 0; i < shared_.planned_messages; ++i) {
      std::ranges::fill(body, std::byte{0xa5});  // what is not received cannot be right by luck
      const std::size_t bits = transport.Receive(body);
      if (transport.status() != Status::kOk) return;
      Judge(body, bits);
      transport.Answer();
      if (i == 0) Meet();
    }
  }

  // The sender waits meanwhile, so what is right must be found right quickly.
  void Judge(std::span<const std::byte> body, std::size_t bits) {
    sample_.bits_received += bits;
    const bool complete = bits == BitCount(message_);
    if (complete && std::memcmp(body.data(), message_.data(), message_.size()) == 0) {
      sample_.correct_bytes += message_.size();
      return;
    }
    ++sample_.messages_failed;
    const auto end = std::ranges::mismatch(body, message_).in1;
    const auto equal = static_cast<std::size_t>(end - body.begin());
    sample_.correct_bytes += std::min(equal, bits / kBitsPerByte);
    if (complete) sample_.bits_wrong += CountDifferent(body, message_);
  }

  void SendThroughSession(KernelLink& link) {
    const std::chrono::duration<double, std::nano> once(sample_.latency_ns[0]);
    const auto timeout = kSessionTimeout + kSessionSlowdown * once;
    DeadlineSource source(message_,
                          Clock::now() + std::chrono::duration_cast<Clock::duration>(timeout));
    sample_.session_status = Status::kTimedOut;  // what stays if it is ended by force
    TransferStats stats;
    const MessageHeader header{.protocol_id = choice_->info->id,
                               .protocol_parameter = choice_->parameter,
                               .message_bytes = message_.size(),
                               .wait = wait_,
                               .cpu = std::nullopt,
                               .nonce = 0};
    sample_.session_status = SendMessage(link, *choice_, header, source, {}, &stats);
    if (source.expired()) sample_.session_status = Status::kTimedOut;
    sample_.session_seconds = stats.seconds;
    sample_.session_retries = stats.retries;
  }

  void ReceiveThroughSession(KernelLink& link) {
    MemorySink sink;
    const auto admit = [](const MessageHeader&) { return Status::kOk; };
    const Reception reception = ReceiveMessage(link, menu_, message_.size(), admit, sink);
    sample_.session_exact = reception.status == Status::kOk && sink.bytes() == message_;
  }

  Shared& shared_;
  Sample& sample_;
  ProtocolMenu menu_;
  TrialLimits limits_;
  bool sends_;
  WaitMode wait_;
  pid_t pid_of_peer_;
  std::uint64_t seed_;
  std::optional<ProtocolChoice> choice_;  // nothing: a carrier
  std::vector<std::byte> message_;
};

}  // namespace

Status RunSide(Shared& shared, const Condition& condition, ProtocolMenu menu, std::uint64_t seed,
               const TrialLimits& limits, Carrier* carrier, bool sends) {
  Side side(shared, condition, menu, seed, limits, sends);
  side.TakePlace(condition.pin);
  return side.Run(carrier);
}

Status RunFloorSide(Shared& shared, const Condition& condition, const TrialLimits& limits,
                    bool sends) {
  Side side(shared, condition, {}, 0, limits, sends);
  side.TakePlace(condition.pin);
  side.RunFloor();
  return Status::kOk;
}

}  // namespace minitalk

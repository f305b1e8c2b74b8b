#include "bench/trial.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <vector>

#include "bench/floor.h"
#include "core/bits.h"
#include "core/kernel_link.h"
#include "core/session.h"
#include "core/turn.h"

namespace minitalk {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kWarmUpRounds = 500;
constexpr int kFloorRounds = 4000;

// A session that takes longer than this beside the bare protocol counts as not delivered.
constexpr std::chrono::milliseconds kSessionPatience{1000};
constexpr int kSessionSlowdown = 3;

// How much longer than the sender the receiver may live.
constexpr std::chrono::milliseconds kFarewell{1000};

// What the pair shares beside the signals: the plan and the figures, never the message.
struct Shared {
  Sample sample;
  pthread_barrier_t barrier;  // both sides; a side that dies leaves the other to the hard limit
  pid_t sender = 0;
  pid_t receiver = 0;
  std::uint32_t planned_messages = 1;
};

class SharedPage {
 public:
  SharedPage() {
    void* memory =
        mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
    shared_ = new (memory) Shared{};
    pthread_barrierattr_t attributes;
    pthread_barrierattr_init(&attributes);
    pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(&shared_->barrier, &attributes, 2);
    pthread_barrierattr_destroy(&attributes);
  }
  ~SharedPage() { munmap(shared_, sizeof(Shared)); }
  SharedPage(const SharedPage&) = delete;
  SharedPage& operator=(const SharedPage&) = delete;
  Shared* operator->() { return shared_; }
  Shared& operator*() { return *shared_; }

 private:
  Shared* shared_;
};

// Holds the children back until both pids are known.
class Gate {
 public:
  Gate() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
      throw std::system_error(errno, std::generic_category(), "pipe");
    read_ = Fd(ends[0]);
    write_ = Fd(ends[1]);
  }
  void Open() { write_ = Fd(); }
  void Pass() {
    write_ = Fd();
    char byte = 0;
    while (read(read_.get(), &byte, 1) < 0 && errno == EINTR) {
    }
  }

 private:
  Fd read_;
  Fd write_;
};

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
class ImpatientSource final : public Source {
 public:
  ImpatientSource(std::span<const std::byte> bytes, Clock::time_point deadline)
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
        wait_(ResolveWait(condition.wait, condition.pin)),
        pid_of_peer_(sends ? shared.receiver : shared.sender),
        seed_(seed),
        choice_(*ChooseProtocol(menu, condition.protocol)),
        message_(MakePayload(condition.payload, condition.size_bytes, seed)) {
    const Seats seats = *ChooseSeats(condition.pin);
    if (const auto seat = sends ? seats.sender : seats.receiver) PinTo(*seat);
  }

  Status Run() {
    Meet();
    PingPong(pid_of_peer_, kWarmUpRounds, wait_, sends_);
    MeasureFloor(&sample_.floor_before_ns);
    if (choice_.info->payload) MeasureSend();
    std::optional<Process> peer;
    const Status status = Process::Open(pid_of_peer_, &peer);
    if (status != Status::kOk) return status;
    KernelLink link(std::move(*peer), wait_, limits_.hard);
    link.set_nonce(static_cast<Nonce>(seed_));
    const double cpu_ns = CpuNs();
    sends_ ? SendMessages(link) : ReceiveMessages(link);
    (sends_ ? sample_.sender_cpu_ns : sample_.receiver_cpu_ns) = CpuNs() - cpu_ns;
    if (!link.ok()) return link.status();
    MeasureFloor(&sample_.floor_after_ns);
    sample_.measured = true;
    // Last, because a sender that gives up just leaves.
    sends_ ? SendThroughSession(link) : ReceiveThroughSession(link);
    return Status::kOk;
  }

 private:
  void Meet() { pthread_barrier_wait(&shared_.barrier); }

  // The starter's figure counts.
  void MeasureFloor(double* round_ns) {
    Meet();
    const double ns = PingPong(pid_of_peer_, kFloorRounds, wait_, sends_);
    if (sends_) *round_ns = ns;
  }

  void MeasureSend() {
    Meet();
    const double ns = PayloadSendCost(pid_of_peer_, kFloorRounds, wait_, sends_);
    if (sends_) sample_.payload_send_ns = ns;
  }

  void SendMessages(KernelLink& link) {
    Meet();
    for (std::uint32_t i = 0; i < shared_.planned_messages && link.ok(); ++i) {
      const LinkCounters before = link.counters();
      const auto start = Clock::now();
      SendBody(link, choice_, message_);
      const LinkCounters after = link.counters();
      AwaitVerdict(link);
      const double elapsed_ns = NsSince(start);
      sample_.latency_ns[i] = static_cast<float>(elapsed_ns);
      sample_.elapsed_ns += elapsed_ns;
      sample_.signals_to_receiver += after.sent - before.sent - 1;  // without `over`
      sample_.signals_to_sender += after.received - before.received;
      sample_.bits_sent += BitCount(message_);
      ++sample_.messages;
      if (i == 0) Plan(elapsed_ns);
    }
  }

  // As many messages as fill the time, judged by the first.
  void Plan(double first_ns) {
    const double budget_ns = std::chrono::duration<double, std::nano>(limits_.messages).count();
    const double fitting = std::clamp(budget_ns / first_ns, 1.0, double{kMostMessages});
    shared_.planned_messages = static_cast<std::uint32_t>(fitting);
    Meet();
  }

  void ReceiveMessages(KernelLink& link) {
    Meet();
    std::vector<std::byte> body(message_.size());
    for (std::uint32_t i = 0; i < shared_.planned_messages && link.ok(); ++i) {
      std::ranges::fill(body, std::byte{0xa5});  // what is not received cannot be right by luck
      const std::size_t bits = ReceiveBody(link, choice_, body);
      sample_.bits_received += bits;
      const auto end = std::ranges::mismatch(body, message_).in1;
      const auto correct =
          std::min<std::size_t>(static_cast<std::size_t>(end - body.begin()), bits / kBitsPerByte);
      sample_.correct_bytes += correct;
      if (correct != message_.size()) ++sample_.messages_failed;
      if (bits == BitCount(message_)) sample_.bits_wrong += CountDifferent(body, message_);
      SendVerdict(link, Status::kOk);
      if (i == 0) Meet();
    }
  }

  void SendThroughSession(KernelLink& link) {
    const std::chrono::duration<double, std::nano> once(sample_.latency_ns[0]);
    const auto patience = kSessionPatience + kSessionSlowdown * once;
    ImpatientSource source(message_,
                           Clock::now() + std::chrono::duration_cast<Clock::duration>(patience));
    TransferStats stats;
    const MessageHeader header{.protocol_id = choice_.info->id,
                               .protocol_parameter = choice_.parameter,
                               .message_bytes = message_.size(),
                               .wait = wait_,
                               .cpu = std::nullopt,
                               .nonce = 0};
    sample_.session_status = SendMessage(link, choice_, header, source, {}, &stats);
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
  ProtocolChoice choice_;
  std::vector<std::byte> message_;
};

[[noreturn]] void RunSide(Shared& shared, const Condition& condition, ProtocolMenu menu,
                          std::uint64_t seed, const TrialLimits& limits, bool sends) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const Status status = Side(shared, condition, menu, seed, limits, sends).Run();
  (sends ? shared.sample.sender_status : shared.sample.receiver_status) = status;
  _exit(status == Status::kOk ? 0 : 1);
}

// A child held by pid and pidfd; ends it by force unless it has ended.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) { Process::Open(pid, &process_); }
  ~Child() {
    if (process_ && process_->Alive()) process_->Send(SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // True: it has ended by itself.
  bool AwaitEnd(std::chrono::milliseconds patience) const {
    return !process_ || process_->AwaitEnd(patience);
  }

 private:
  pid_t pid_;
  std::optional<Process> process_;
};

}  // namespace

Sample RunTrial(const Condition& condition, ProtocolMenu menu, std::uint64_t seed,
                const TrialLimits& limits) {
  SharedPage shared;
  Gate gate;
  const auto start_side = [&](bool sends) {
    const pid_t pid = fork();
    if (pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (pid == 0) {
      PrepareSignals("minitalk-trial");
      gate.Pass();
      RunSide(*shared, condition, menu, seed, limits, sends);
    }
    return pid;
  };
  shared->receiver = start_side(false);
  const Child receiver(shared->receiver);
  shared->sender = start_side(true);
  const Child sender(shared->sender);
  gate.Open();
  if (sender.AwaitEnd(limits.hard)) receiver.AwaitEnd(kFarewell);
  return shared->sample;
}

}  // namespace minitalk

#include "bench/trial.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <optional>
#include <system_error>

#include "bench/side.h"
#include "carriers/registry.h"
#include "core/kernel_link.h"

namespace minitalk {
namespace {

// How much longer than the sender the receiver may live.
constexpr std::chrono::milliseconds kFarewell{1000};

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
  std::optional<Carrier> carrier;
  if (const CarrierInfo* info = FindCarrier(condition.protocol)) carrier.emplace(*info);
  const auto start_side = [&](bool sends) {
    const pid_t pid = fork();
    if (pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (pid == 0) {
      PrepareSignals("minitalk-trial");
      gate.Pass();
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      const Status status =
          RunSide(*shared, condition, menu, seed, limits, carrier ? &*carrier : nullptr, sends);
      (sends ? shared->sample.sender_status : shared->sample.receiver_status) = status;
      _exit(status == Status::kOk ? 0 : 1);
    }
    return pid;
  };
  shared->receiver = start_side(false);
  const Child receiver(shared->receiver);
  shared->sender = start_side(true);
  const Child sender(shared->sender);
  if (carrier) carrier->Become(End::kNeither, condition.wait);
  gate.Open();
  if (sender.AwaitEnd(limits.hard)) receiver.AwaitEnd(kFarewell);
  return shared->sample;
}

}  // namespace minitalk

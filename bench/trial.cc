#include "bench/trial.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <functional>
#include <optional>

#include "bench/carriers/registry.h"
#include "bench/side.h"
#include "core/os/child.h"
#include "core/os/fd.h"
#include "core/os/shared_memory.h"
#include "core/os/signals.h"

namespace minitalk {
namespace {

// How much longer than the sender the receiver may live.
constexpr std::chrono::milliseconds kEndTimeout{1000};

// What forks share, its barrier ready. Throws std::system_error.
class SharedPage : public SharedMemory<Shared> {
 public:
  SharedPage() {
    pthread_barrierattr_t attributes;
    pthread_barrierattr_init(&attributes);
    pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(&(*this)->barrier, &attributes, 2);
    pthread_barrierattr_destroy(&attributes);
  }
};

// Holds forks back until somebody opens it, or dies.
class Latch {
 public:
  Latch() {
    int ends[2];
    Require(pipe2(ends, O_CLOEXEC), "pipe2");
    read_ = Fd(ends[0]);
    write_ = Fd(ends[1]);
  }
  void Open() { write_ = Fd(); }
  void Await() {
    write_ = Fd();
    char byte = 0;
    while (read(read_.get(), &byte, 1) < 0 && errno == EINTR) {
    }
  }

 private:
  Fd read_;
  Fd write_;
};

// The two sides of a trial, in processes of their own. `side` runs in each, with signals prepared
// and both pids in `shared`, where its status goes. Keeps references to both.
class SidePair {
 public:
  SidePair(SharedPage& shared, const std::function<Status(bool sends)>& side)
      : shared_(shared),
        side_(side),
        receiver_([this] { return RunSide(false); }),
        sender_([this] { return RunSide(true); }) {
    shared_->receiver = receiver_.pid();
    shared_->sender = sender_.pid();
  }

  // Lets them begin; blocks until both have ended. They are killed when the sender takes longer
  // than `timeout`.
  void Run(std::chrono::milliseconds timeout) {
    latch_.Open();
    if (sender_.AwaitEnd(timeout)) receiver_.AwaitEnd(kEndTimeout);
  }

 private:
  int RunSide(bool sends) {
    PrepareSignals("minitalk-trial");
    latch_.Await();
    Sample& sample = shared_->sample;
    Status status = Status::kSystemFailed;
    try {
      status = side_(sends);
    } catch (const std::exception& error) {
      (sends ? sample.sender_trouble : sample.receiver_trouble).Set(error.what());
    }
    (sends ? sample.sender_status : sample.receiver_status) = status;
    return status == Status::kOk ? 0 : 1;
  }

  SharedPage& shared_;
  const std::function<Status(bool sends)>& side_;
  Latch latch_;
  ChildProcess receiver_;
  ChildProcess sender_;
};

}  // namespace

Sample RunTrial(const Condition& condition, ProtocolMenu menu, std::uint64_t seed,
                const TrialLimits& limits) {
  SharedPage shared;
  std::optional<Carrier> carrier;
  if (const CarrierInfo* info = FindCarrier(condition.protocol)) carrier.emplace(*info);
  const std::function<Status(bool)> side = [&](bool sends) {
    return RunSide(*shared, condition, menu, seed, limits, carrier ? &*carrier : nullptr, sends);
  };
  SidePair pair(shared, side);
  if (carrier) carrier->Become(End::kNeither, *condition.wait);
  pair.Run(limits.hard);
  return shared->sample;
}

double MeasureFloor(const Condition& condition, const TrialLimits& limits) {
  SharedPage shared;
  const std::function<Status(bool)> side = [&](bool sends) {
    return RunFloorSide(*shared, condition, limits, sends);
  };
  SidePair(shared, side).Run(limits.hard);
  return shared->sample.floor_before_ns;
}

}  // namespace minitalk

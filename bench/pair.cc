#include "bench/pair.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <exception>

#include "core/os/signals.h"
#include "core/os/system_error.h"

namespace minitalk {
namespace {

// How much longer than the sender the receiver may live.
constexpr std::chrono::milliseconds kFarewell{1000};

}  // namespace

SharedPage::SharedPage() {
  pthread_barrierattr_t attributes;
  pthread_barrierattr_init(&attributes);
  pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_barrier_init(&(*this)->barrier, &attributes, 2);
  pthread_barrierattr_destroy(&attributes);
}

Gate::Gate() {
  int ends[2];
  Require(pipe2(ends, O_CLOEXEC), "pipe2");
  read_ = Fd(ends[0]);
  write_ = Fd(ends[1]);
}

void Gate::Pass() {
  write_ = Fd();
  char byte = 0;
  while (read(read_.get(), &byte, 1) < 0 && errno == EINTR) {
  }
}

Pair::Pair(SharedPage& shared, const std::function<Status(bool sends)>& side)
    : shared_(shared),
      side_(side),
      receiver_([this] { return RunSide(false); }),
      sender_([this] { return RunSide(true); }) {
  shared_->receiver = receiver_.pid();
  shared_->sender = sender_.pid();
}

int Pair::RunSide(bool sends) {
  PrepareSignals("minitalk-trial");
  gate_.Pass();
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

void Pair::Run(std::chrono::milliseconds limit) {
  gate_.Open();
  if (sender_.AwaitEnd(limit)) receiver_.AwaitEnd(kFarewell);
}

}  // namespace minitalk

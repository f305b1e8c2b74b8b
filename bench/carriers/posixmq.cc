// A message queue as `sysv` is, with a descriptor, priorities (not used here) and a name in a file
// system of its own (`mqueue`), which is removed at once, so the queue ends with its last
// descriptor. A message is handed to a sleeping receiver directly. The limits are
// `fs.mqueue.msg_default` (10 messages) and `fs.mqueue.msgsize_default` (8 KiB), which an opener
// gets who asks for nothing.
#include <fcntl.h>
#include <mqueue.h>
#include <sys/stat.h>

#include <algorithm>

#include "bench/carriers/ends.h"

namespace minitalk {
namespace {

// On Linux a queue's descriptor is a file descriptor.
Fd OpenQueue(const std::string& name, int how) {
  // No attributes: the size that the machine gives to everybody.
  return Fd(Require(mq_open(name.c_str(), how | O_CLOEXEC, S_IRUSR | S_IWUSR, nullptr), "mq_open"));
}

// Two openings, so that each end waits in its own way.
Ends MakeQueue() {
  const std::string name = PrivatePath("");
  Fd read = OpenQueue(name, O_RDONLY | O_CREAT | O_EXCL);
  Fd write(mq_open(name.c_str(), O_WRONLY | O_CLOEXEC));
  const int error = errno;
  mq_unlink(name.c_str());
  errno = error;
  Require(write.get(), "mq_open");
  return {std::move(read), std::move(write)};
}

std::size_t LargestMessage(const Fd& queue) {
  mq_attr attributes = {};
  Require(mq_getattr(queue.get(), &attributes), "mq_getattr");
  return static_cast<std::size_t>(attributes.mq_msgsize);
}

class PosixQueue final : public QueueChannel {
 public:
  PosixQueue() : PosixQueue(MakeQueue()) {}
  void Become(End end, WaitMode wait) override { ends_.Become(end, wait); }

 private:
  explicit PosixQueue(Ends ends)
      : QueueChannel(LargestMessage(ends.read)), ends_(std::move(ends)) {}

  bool SendMessage(std::span<const std::byte> message) override {
    const auto* text = reinterpret_cast<const char*>(message.data());
    return Persist([&] { return mq_send(ends_.write.get(), text, message.size(), 0); }) == 0;
  }
  ssize_t ReceiveMessage(std::span<std::byte> room) override {
    // The kernel refuses a buffer that the largest message would not fit in.
    const bool direct = room.size() >= largest();
    std::byte* buffer = direct ? room.data() : buffer_.data();
    auto* text = reinterpret_cast<char*>(buffer);
    const auto got =
        Persist([&] { return mq_receive(ends_.read.get(), text, largest(), nullptr); });
    if (!direct && got > 0 && static_cast<std::size_t>(got) <= room.size()) {
      std::copy_n(buffer, got, room.data());
    }
    return got;
  }

  Ends ends_;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(largest());
};

}  // namespace

extern const CarrierInfo kPosixmq;
constinit const CarrierInfo kPosixmq{
    .name = "posixmq",
    .summary = "a POSIX message queue",
    .steps = {.make = "mq_open(3) twice, mq_unlink(3)",
              .send = "mq_send(3) copies into the queue, in messages, and waits while it is full",
              .receive = "mq_receive(3) copies the next message out and waits while there is none"},
    .costs = {"1 + 1", "2, short ones 3", "8 KiB", "10 messages", "until both ends are open"},
    .make = MakeChannel<PosixQueue>,
};

}  // namespace minitalk

// `msgsnd` allocates a message and copies into it; if a receiver sleeps in `msgrcv` it is handed
// over directly. A message is its type and its bytes in one piece of memory, so each end copies
// once more than it would have to. The limits are `kernel.msgmax` (8 KiB a message) and
// `kernel.msgmnb` (16 KiB a queue). A queue belongs to no process: it has no descriptor, `poll`
// cannot wait for it, and it stays until somebody removes it. Its maker does so at the end; if that
// very process is killed by SIGKILL, `ipcs -q` shows the queue and `ipcrm -q` removes it. Removal
// ends the calls that wait for it.
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "bench/carriers/ends.h"

namespace minitalk {
namespace {

// What the kernel takes in one call: no more than a message may have, and than a queue may hold.
std::size_t LargestMessage() {
  msginfo limits = {};
  Require(msgctl(0, IPC_INFO, reinterpret_cast<msqid_ds*>(&limits)), "msgctl(IPC_INFO)");
  return static_cast<std::size_t>(std::min(limits.msgmax, limits.msgmnb));
}

class SysvQueue final : public QueueChannel {
 public:
  SysvQueue()
      : QueueChannel(LargestMessage()),
        message_(sizeof(long) + largest()),
        queue_(Require(msgget(IPC_PRIVATE, S_IRUSR | S_IWUSR), "msgget")) {
    const long type = 1;
    std::memcpy(message_.data(), &type, sizeof type);
  }
  ~SysvQueue() override {
    if (getpid() == creator_) msgctl(queue_, IPC_RMID, nullptr);
  }

  void Become(End, WaitMode wait) override { flags_ = wait == WaitMode::kSpin ? IPC_NOWAIT : 0; }

 private:
  bool SendMessage(std::span<const std::byte> message) override {
    std::memcpy(Text(), message.data(), message.size());
    const auto size = message.size();
    return Persist([&] { return msgsnd(queue_, message_.data(), size, flags_); }) == 0;
  }
  ssize_t ReceiveMessage(std::span<std::byte> room) override {
    const auto got = Persist([&] { return msgrcv(queue_, message_.data(), largest(), 0, flags_); });
    if (got > 0)
      std::memcpy(room.data(), Text(), std::min(static_cast<std::size_t>(got), room.size()));
    return got;
  }
  std::byte* Text() { return message_.data() + sizeof(long); }

  std::vector<std::byte> message_;  // its type, then its bytes, as the calls want them
  int queue_;                       // the last that can fail, for then nobody would remove it
  pid_t creator_ = getpid();
  int flags_ = 0;
};

}  // namespace

extern const CarrierInfo kSysv;
constinit const CarrierInfo kSysv{
    .name = "sysv",
    .summary = "a System V message queue",
    .steps = {.make = "msgget(2) with IPC_PRIVATE; msgctl(2) removes it at the end",
              .send = "msgsnd(2) copies into the queue, in messages, and waits while it is full",
              .receive = "msgrcv(2) copies the next message out and waits while there is none"},
    .costs = {"1 + 1", "4", "8 KiB", "16 KiB", "a number, until removed"},
    .make = MakeChannel<SysvQueue>,
};

}  // namespace minitalk

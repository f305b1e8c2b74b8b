// What several carriers are made of: calls that are repeated, the two descriptors of a one-way
// channel, streams, message queues.
#pragma once

#include <cerrno>
#include <string>
#include <string_view>

#include "bench/carriers/carrier.h"
#include "core/os/fd.h"
#include "core/os/system_error.h"

namespace minitalk {

// A path in `folder` that nobody can guess, for objects that must have a name for a moment.
std::string PrivatePath(std::string_view folder);

// Repeats `call` while it is interrupted, and while it says "not yet", which only a non-blocking
// object does: then this is polling. Negative: errno says why.
template <typename Call>
auto Persist(Call call) {
  for (;;) {
    const auto result = call();
    if (result >= 0 || (errno != EINTR && errno != EAGAIN && errno != ENOMSG)) return result;
  }
}

// The two descriptors of a carrier that has one for each end. Owns them.
struct Ends {
  // Closes the other end: only when the last copy of it is closed does the kernel report its death.
  void Become(End end, WaitMode wait);

  Fd read;
  Fd write;
};

// Makes calls on `fd` block, or return at once where they would have to.
void SetWaitMode(const Fd& fd, WaitMode wait);

// Bytes through a pair of descriptors that are read and written as streams.
class StreamChannel : public Channel {
 public:
  explicit StreamChannel(Ends ends) : ends_(std::move(ends)) {}
  void Become(End end, WaitMode wait) override { ends_.Become(end, wait); }
  bool Write(std::span<const std::byte> bytes) override;
  bool Read(std::span<std::byte> bytes) override;

 private:
  Ends ends_;
};

// What to put for CarrierInfo::make of such a carrier. `Make` throws std::system_error.
template <Ends (*Make)()>
std::unique_ptr<Channel> MakeStream() {
  return std::make_unique<StreamChannel>(Make());
}

// Bytes through a queue of messages, in as few as there can be. `largest`: bytes in one.
class QueueChannel : public Channel {
 public:
  explicit QueueChannel(std::size_t largest) : largest_(largest) {}
  bool Write(std::span<const std::byte> bytes) final;
  bool Read(std::span<std::byte> bytes) final;

 protected:
  std::size_t largest() const { return largest_; }
  virtual bool SendMessage(std::span<const std::byte> message) = 0;
  // Into the beginning of `room`. Returns how many bytes; a wrong number: it failed.
  virtual ssize_t ReceiveMessage(std::span<std::byte> room) = 0;

 private:
  std::size_t largest_;
};

}  // namespace minitalk

// The two descriptors of a one-way channel, of which each process keeps its own.
#pragma once

#include "bench/carriers/carrier.h"
#include "core/os/fd.h"

namespace minitalk {

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

}  // namespace minitalk

// A message that is read from a file descriptor while it is being sent: constant memory, and a slow
// producer keeps the session alive by empty frames instead of running into its time limit.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "core/wire/session.h"

namespace minitalk {

// Not thread-safe. Does not own the descriptor.
class DescriptorSource final : public Source {
 public:
  explicit DescriptorSource(int fd) : fd_(fd) {}

  // Reads what fits in memory, waiting for it: so that nobody is called before there is something
  // to say. False: unreadable, errno says why.
  bool Prefetch();

  // The message's length if it is known by now, else kUnknownLength.
  std::uint64_t Length() const;

  Piece Peek(std::size_t want) override;
  void Consume(std::size_t bytes) override;

 private:
  bool ReadSome(std::size_t want);
  bool ReadableWithin(std::chrono::milliseconds timeout) const;

  int fd_;
  std::vector<std::byte> buffer_;
  std::uint64_t consumed_ = 0;
  bool ended_ = false;
};

}  // namespace minitalk

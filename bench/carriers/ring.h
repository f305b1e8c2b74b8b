// Bytes through memory that two processes share: a ring with one writer and one reader, and a
// channel over it. The kernel moves nothing; what is left to choose is how the two wait.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>

#include "bench/carriers/carrier.h"
#include "core/os/shared_memory.h"

namespace minitalk {

// What one side writes while the other writes something else lies this far apart.
inline constexpr std::size_t kCacheLine = 64;

// The indices count all bytes there ever were, so full and empty look different, and 64 bits never
// wrap. Each lies in a cache line of its own: its writer does not disturb the other side.
class Ring {
 public:
  static constexpr std::size_t kSlots = 16;
  static constexpr std::size_t kSlotBytes = 8192;
  static constexpr std::size_t kBytes = kSlots * kSlotBytes;
  static_assert((kBytes & (kBytes - 1)) == 0);
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

  // For the writer.
  std::size_t Room() const {
    return kBytes -
           (written_.load(std::memory_order_relaxed) - taken_.load(std::memory_order_acquire));
  }
  // REQUIRES: at most Room() bytes.
  void Put(std::span<const std::byte> bytes) {
    const std::uint64_t from = written_.load(std::memory_order_relaxed);
    const auto [first, second] = Pieces(from, bytes.size());
    std::memcpy(first.data(), bytes.data(), first.size());
    std::memcpy(second.data(), bytes.data() + first.size(), second.size());
    written_.store(from + bytes.size(), std::memory_order_release);
  }

  // For the reader.
  std::size_t Filled() const {
    return written_.load(std::memory_order_acquire) - taken_.load(std::memory_order_relaxed);
  }
  // REQUIRES: at most Filled() bytes.
  void Take(std::span<std::byte> bytes) {
    const std::uint64_t from = taken_.load(std::memory_order_relaxed);
    const auto [first, second] = Pieces(from, bytes.size());
    std::memcpy(bytes.data(), first.data(), first.size());
    std::memcpy(bytes.data() + first.size(), second.data(), second.size());
    taken_.store(from + bytes.size(), std::memory_order_release);
  }

 private:
  // Where `size` bytes from index `from` on lie; the second piece is for what goes round the end.
  std::array<std::span<std::byte>, 2> Pieces(std::uint64_t from, std::size_t size) {
    const std::size_t start = from & (kBytes - 1);
    const std::size_t before_end = std::min(size, kBytes - start);
    return {std::span(bytes_).subspan(start, before_end),
            std::span(bytes_).first(size - before_end)};
  }

  alignas(kCacheLine) std::atomic<std::uint64_t> written_ = 0;
  alignas(kCacheLine) std::atomic<std::uint64_t> taken_ = 0;
  alignas(kCacheLine) std::array<std::byte, kBytes> bytes_;
};

// Dijkstra's bounded buffer: the writer waits for an empty slot, fills it and says so; the reader
// waits for a filled one, empties it and says so. A slot is any part of the ring up to kSlotBytes,
// so whoever was let in by the count of slots finds enough room, or enough bytes.
//
// How to wait and to say so is Waiting's, made before the fork:
//   void Become(End, WaitMode);
//   bool AwaitEmpty(const Ring&, std::size_t bytes);   bool TellFilled();    for the writer
//   bool AwaitFilled(const Ring&, std::size_t bytes);  bool TellEmptied();   for the reader
//
// Shared memory does not know who shares it: nothing here notices the death of the peer.
template <typename Waiting>
class RingChannel final : public Channel {
 public:
  void Become(End end, WaitMode wait) override { waiting_.Become(end, wait); }

  bool Write(std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      const auto slot = bytes.first(std::min(bytes.size(), Ring::kSlotBytes));
      const bool may = waiting_.AwaitEmpty(*ring_, slot.size());
      if (!may || ring_->Room() < slot.size()) return false;
      ring_->Put(slot);
      if (!waiting_.TellFilled()) return false;
      bytes = bytes.subspan(slot.size());
    }
    return true;
  }

  bool Read(std::span<std::byte> bytes) override {
    while (!bytes.empty()) {
      const auto slot = bytes.first(std::min(bytes.size(), Ring::kSlotBytes));
      const bool may = waiting_.AwaitFilled(*ring_, slot.size());
      if (!may || ring_->Filled() < slot.size()) return false;
      ring_->Take(slot);
      if (!waiting_.TellEmptied()) return false;
      bytes = bytes.subspan(slot.size());
    }
    return true;
  }

 private:
  SharedMemory<Ring> ring_;
  Waiting waiting_;
};

}  // namespace minitalk

// Moves messages between the two processes of a trial, over a bare protocol or over a carrier, so
// that both are measured by the same code.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "bench/carriers/carrier.h"
#include "core/os/kernel_link.h"
#include "core/wire/protocol.h"

namespace minitalk {

// Signals that were sent for the messages themselves, without the ends of turns.
struct Traffic {
  std::uint64_t to_receiver = 0;
  std::uint64_t to_sender = 0;  // each ends a round trip
};

// One end of it. Not thread-safe.
class Mover {
 public:
  virtual ~Mover() = default;
  // Returns when the receiver has answered, or status() says why it has not.
  virtual void Send(std::span<const std::byte> bytes) = 0;
  // How many bits arrived.
  virtual std::size_t Receive(std::span<std::byte> bytes) = 0;
  virtual void Answer() = 0;
  virtual Status status() const = 0;
  virtual Traffic traffic() const { return {}; }
};

// Both keep references.
std::unique_ptr<Mover> MoverOver(KernelLink& link, const ProtocolChoice& choice);
std::unique_ptr<Mover> MoverOver(Carrier& carrier);

}  // namespace minitalk

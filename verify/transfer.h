// The scenario behind most verdicts: a sender and a receiver run a bare protocol over one message,
// without frames, checksums or resending.
#pragma once

#include <memory>
#include <vector>

#include "core/wire/protocol.h"
#include "verify/explorer.h"
#include "verify/sim_link.h"

namespace minitalk::verify {

// What the two sides run, and under which rules.
struct TransferSetup {
  std::shared_ptr<const Protocol> protocol;
  Rules rules = {};
  Order order = Order::kTaken;  // of the receiver
  bool checks_sender = true;    // of both links
  bool sender_handlers = false;
  SimThreads::Setup threads = {8, true};  // that the receiver can have
};

// A message of any number of bits, most significant first.
struct Message {
  std::vector<std::byte> bytes;
  std::size_t size = 0;  // in bits
  Bits bits() const { return {bytes, size}; }
};
// "0110"; of a long one the beginning.
std::string ToString(const Message& message);
// The `number`th of the 2^size messages of that size.
Message MessageOf(std::size_t size, std::uint64_t number);

inline constexpr Pid kSender = 1;
inline constexpr Pid kReceiver = 2;

// Must hold: what has been received is a prefix of what was sent, at every moment; when nothing can
// happen any more the receiver has all of it and the sender has finished. After a kill the survivor
// must come to an end.
class Transfer final : public Scenario {
 public:
  // What lies in the receiver's buffer beforehand: the message itself, so that a wrong bit shows at
  // once; or its complement, so that one that was never filled in shows in the end.
  enum class Blank : std::uint8_t { kMessage, kComplement };

  Transfer(TransferSetup setup, Message message, Blank blank = Blank::kMessage);

  const Rules& rules() const override { return setup_.rules; }
  void Build(World& world) override;
  std::optional<Violation> Judge(const World& world, bool at_end) override;
  std::uint64_t Digest() const override;

 private:
  std::optional<Violation> JudgeEnd(const World& world) const;
  std::optional<std::size_t> FirstWrongBit() const;

  TransferSetup setup_;
  Message message_;
  Blank blank_;
  std::vector<std::byte> received_;
  std::size_t count_ = 0;  // as the receiver says
  Status sender_status_ = Status::kOk;
  Status receiver_status_ = Status::kOk;
};

}  // namespace minitalk::verify

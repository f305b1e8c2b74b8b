#include "verify/transfer.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string_view>

namespace minitalk::verify {

Message MessageOf(std::size_t size, std::uint64_t number) {
  Message message{std::vector<std::byte>((size + kBitsPerByte - 1) / kBitsPerByte), size};
  for (std::size_t i = 0; i < size; ++i) {
    SetBit(message.bytes, i, (number >> (size - 1 - i) & 1) != 0);
  }
  return message;
}

std::string ToString(const Message& message) {
  constexpr std::size_t kShown = 16;
  std::string text;
  for (std::size_t i = 0; i < std::min(message.size, kShown); ++i) {
    text += message.bits()[i] ? '1' : '0';
  }
  return message.size > kShown ? text + "..." : text;
}

Transfer::Transfer(TransferSetup setup, Message message, Blank blank)
    : setup_(std::move(setup)), message_(std::move(message)), blank_(blank) {}

void Transfer::Build(World& world) {
  received_ = message_.bytes;
  if (blank_ == Blank::kComplement) {
    for (std::byte& byte : received_) byte = ~byte;
  }
  count_ = 0;
  sender_status_ = receiver_status_ = Status::kOk;
  // A side that gives up ends its process, and the other learns of it.
  const auto end = [](Process& self, Status status, std::size_t received) {
    self.set_outcome(static_cast<std::uint64_t>(status) + 1 + (received << 8));
    if (status != Status::kOk) self.Exit();
  };
  Process& sender = world.Add("sender", [this, end](Process& self) {
    SimLink link(self, kReceiver, setup_.checks_sender);
    setup_.protocol->Send(link, message_.bits());
    sender_status_ = link.status();
    end(self, sender_status_, 0);
  });
  Process& receiver = world.Add("receiver", [this, &world, end](Process& self) {
    SimLink link(self, kSender, setup_.checks_sender, &world, setup_.threads);
    count_ = setup_.protocol->Receive(link, {received_, message_.size});
    receiver_status_ = link.status();
    end(self, receiver_status_, count_);
  });
  receiver.set_order(setup_.order);
  if (setup_.sender_handlers) sender.use_handlers();
  if (setup_.rules.kills > 0) {
    sender.set_mortal();
    receiver.set_mortal();
  }
}

std::optional<std::size_t> Transfer::FirstWrongBit() const {
  for (std::size_t i = 0; i < message_.size; ++i) {
    if (GetBit(received_, i) != message_.bits()[i]) return i;
  }
  return std::nullopt;
}

std::optional<Violation> Transfer::Judge(const World& world, bool at_end) {
  if (blank_ == Blank::kMessage) {
    if (const auto wrong = FirstWrongBit()) {
      const bool sent = message_.bits()[*wrong];
      return Violation{Verdict::kCorrupt,
                       fmt::format("bit {} of {} is {}, and {} was received", *wrong + 1,
                                   ToString(message_), sent ? 1 : 0, sent ? 0 : 1)};
    }
  }
  return at_end ? JudgeEnd(world) : std::nullopt;
}

// Over a blank that is the message itself, the buffer of a run without a violation is the message.
std::uint64_t Transfer::Digest() const {
  if (blank_ == Blank::kMessage) return 0;
  const auto* text = reinterpret_cast<const char*>(received_.data());
  return std::hash<std::string_view>{}({text, received_.size()});
}

std::optional<Violation> Transfer::JudgeEnd(const World& world) const {
  const Process& sender = world.process(kSender);
  const Process& receiver = world.process(kReceiver);
  if (sender.killed() || receiver.killed()) {
    const bool survivor_ended = sender.killed() ? receiver.finished() : sender.finished();
    if (survivor_ended || (sender.killed() && receiver.killed())) return std::nullopt;
    return Violation{Verdict::kDeadlock, "the other was killed, and the survivor waits for ever"};
  }
  if (sender_status_ != Status::kOk || receiver_status_ != Status::kOk) {
    return Violation{Verdict::kLoses, "one side noticed that something was wrong, and gave up"};
  }
  if (!sender.finished()) {
    return Violation{Verdict::kDeadlock, "nobody can go on, and the sender is not done"};
  }
  if (!receiver.finished() || count_ != message_.size) {
    return Violation{Verdict::kLoses, "the sender has finished, the receiver never will"};
  }
  if (FirstWrongBit()) return Violation{Verdict::kCorrupt, "a bit was never filled in"};
  return std::nullopt;
}

}  // namespace minitalk::verify

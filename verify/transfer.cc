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

std::string Message::Text() const {
  constexpr std::size_t kShown = 16;
  std::string text;
  for (std::size_t i = 0; i < std::min(size, kShown); ++i) text += bits()[i] ? '1' : '0';
  return size > kShown ? text + "..." : text;
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
  const auto end = [&world](Pid self, Status status, std::size_t received) {
    world.set_outcome(self, static_cast<std::uint64_t>(status) + 1 + (received << 8));
    if (status != Status::kOk) world.Exit(self);
  };
  world.Add("sender", [&world, this, end](Pid self) {
    SimLink link(world, self, kReceiver, setup_.care);
    setup_.protocol->Send(link, message_.bits());
    sender_status_ = link.status();
    end(self, sender_status_, 0);
  });
  world.Add("receiver", [&world, this, end](Pid self) {
    SimLink link(world, self, kSender, setup_.care);
    count_ = setup_.protocol->Receive(link, {received_, message_.size});
    receiver_status_ = link.status();
    end(self, receiver_status_, count_);
  });
  world.set_order(kReceiver, setup_.order);
  if (setup_.sender_handlers) world.use_handlers(kSender);
  for (const Pid pid : {kSender, kReceiver}) {
    if (setup_.rules.kills > 0) world.set_mortal(pid);
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
                                   message_.Text(), sent ? 1 : 0, sent ? 0 : 1)};
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
  const bool sent = world.Finished(kSender);
  const bool received = world.Finished(kReceiver);
  const bool one_was_killed = world.Killed(kSender) || world.Killed(kReceiver);
  if (one_was_killed) {
    const bool survivor_ended = world.Killed(kSender) ? received : sent;
    if (survivor_ended || (world.Killed(kSender) && world.Killed(kReceiver))) return std::nullopt;
    return Violation{Verdict::kDeadlock, "the other was killed, and the survivor waits for ever"};
  }
  if (sender_status_ != Status::kOk || receiver_status_ != Status::kOk) {
    return Violation{Verdict::kLoses, "one side noticed that something was wrong, and gave up"};
  }
  if (!sent) return Violation{Verdict::kDeadlock, "nobody can go on, and the sender is not done"};
  if (!received || count_ != message_.size) {
    return Violation{Verdict::kLoses, "the sender has finished, the receiver never will"};
  }
  if (FirstWrongBit()) return Violation{Verdict::kCorrupt, "a bit was never filled in"};
  return std::nullopt;
}

}  // namespace minitalk::verify

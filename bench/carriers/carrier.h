// What a carrier is: one of the usual ways in which two processes move bytes, as a reference line
// beside the signals. Each is made of two one-way channels of its kind, one for the message and one
// for the verdict.
//
// It is made by the parent before it forks, so that nameless objects are inherited and names need
// live only as long as it takes to open them. Then each child calls Become() once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/os/placement.h"

namespace minitalk {

// Which of a carrier's two ends a process is; it closes what belongs to the other.
enum class End : std::uint8_t {
  kSender,
  kReceiver,
  kNeither,  // the parent, once both children are forked: it keeps only what it has to remove
};

// Bytes one way. Both ends know how many come next, and cut them into the same chunks.
// REQUIRES: the n-th Read() asks for as many bytes as the n-th Write() gives.
//
// False: the peer is gone, or the kernel failed. Where CarrierInfo::tells_death is false nothing
// says that the peer is gone; then a call may take for ever, and the caller has to end its process
// by a time limit of its own.
class Channel {
 public:
  virtual ~Channel() = default;
  virtual void Become(End end, WaitMode wait) = 0;
  virtual bool Write(std::span<const std::byte> bytes) = 0;
  virtual bool Read(std::span<std::byte> bytes) = 0;
};

// What a human is told of the system calls, a clause each.
struct CarrierSteps {
  std::string_view make;
  std::string_view send;
  std::string_view receive;
};

// What a message costs, that fits in one step, by an end that need not wait twice; with the
// kernel's default limits. For people: a number, or some words.
struct CarrierCosts {
  std::string_view system_calls;  // sender + receiver
  std::string_view copies;
  std::string_view step;   // the most bytes in one
  std::string_view holds;  // the most that is under way
  std::string_view name;   // how long it has one, by which others find it
};

// One entry of the menu: everything that the program, the bench and the tests know of a carrier.
struct CarrierInfo {
  std::string_view name;
  std::string_view alias = {};  // understood as well
  std::string_view summary;     // one clause for --list
  CarrierSteps steps;
  CarrierCosts costs = {};
  bool sleeps = true;        // offers WaitMode::kSleep
  bool spins = true;         // offers WaitMode::kSpin
  bool tells_death = false;  // a call returns false once the peer is gone
  // Throws std::system_error where the machine does not have or permit it.
  std::unique_ptr<Channel> (*make)();
};

// What to put for `make`.
template <typename Kind>
std::unique_ptr<Channel> MakeChannel() {
  return std::make_unique<Kind>();
}

// kSleep, kSpin or both: never empty, the default first.
std::vector<WaitMode> ModesOf(const CarrierInfo& info);

// Not thread-safe. Whoever made it removes by the destructor what outlives its processes; that of a
// forked child removes nothing.
class Carrier {
 public:
  // Throws as `make` does.
  explicit Carrier(const CarrierInfo& info);

  // Closes what this end does not need. kAuto is what the carrier does by default; so is a mode
  // that it does not offer. REQUIRES: SIGPIPE is ignored.
  void Become(End end, WaitMode wait);

  // For the sender.
  bool Send(std::span<const std::byte> bytes) { return there_->Write(bytes); }
  std::optional<std::byte> AwaitReply();

  // For the receiver: exactly as many bytes as were sent.
  bool Receive(std::span<std::byte> bytes) { return there_->Read(bytes); }
  bool Reply(std::byte verdict) { return back_->Write({&verdict, 1}); }

 private:
  const CarrierInfo& info_;
  std::unique_ptr<Channel> there_;
  std::unique_ptr<Channel> back_;
};

}  // namespace minitalk

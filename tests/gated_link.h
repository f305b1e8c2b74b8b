// A protocol in a real process, stopped before each thing it asks of the kernel until the test lets
// it go on. So the order of events is the test's, as in the simulated world; what coalesces, is
// reordered or vanishes is the kernel's doing.
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "core/os/fd.h"
#include "core/wire/link.h"
#include "process_harness.h"
#include "verify/sim_link.h"
#include "verify/transfer.h"

namespace minitalk {

// One end of a pair of connected sockets that carry whole messages. What is put on it must be
// trivially copyable.
class Channel {
 public:
  struct Ends;
  static Ends MakePair();

  template <typename T>
  void Put(const T& message) const {
    PutBytes(std::as_bytes(std::span(&message, 1)));
  }
  // Nothing: none came in time, or the other end is closed.
  template <typename T>
  std::optional<T> Get(std::chrono::milliseconds timeout) const {
    T message{};
    if (!GetBytes(std::as_writable_bytes(std::span(&message, 1)), timeout)) return std::nullopt;
    return message;
  }
  void Close() { fd_ = Fd(); }

 private:
  void PutBytes(std::span<const std::byte> bytes) const;
  bool GetBytes(std::span<std::byte> bytes, std::chrono::milliseconds timeout) const;
  Fd fd_;
};

struct Channel::Ends {
  Channel test;
  Channel process;
};

// What came of a look at the kernel's slots, or of a handler's run.
struct Looked {
  std::optional<Arrival> arrival = std::nullopt;
  // So many signals of strangers were seen; KernelLink has dropped them, others take them.
  std::uint64_t foreign = 0;
};

// What a process says when it comes to the gate: what came of its last step, and what it wants.
struct Call {
  enum class Wish : std::uint8_t {
    kReady,  // to be told who its peer is
    kSend,
    kWait,
    kPause,   // to call pause(2)
    kNothing  // it has ended
  };
  static constexpr std::size_t kMostBytes = 1024;

  Wish wish = Wish::kReady;
  Signal signal = Signal::kUsr1;  // to be sent
  Lane lane = Lane::kShared;
  std::chrono::nanoseconds timeout{0};  // to wait with
  Looked looked = {};
  Status status = Status::kOk;
  std::size_t count = 0;  // of bits, once a receiver has ended
  std::array<std::byte, kMostBytes> buffer = {};
};

// What the test answers.
struct Permit {
  enum class Kind : std::uint8_t {
    kGo,        // does what it wants
    kLook,      // only looks, though it wants to wait: a stranger's signal is to be dropped
    kHandlers,  // lets its handlers run, then asks again
    kForGood,   // waits, and nobody expects it back
  };
  Kind kind = Kind::kGo;
  pid_t peer = 0;  // for kReady
};

// What the gate stands before: a way of using the kernel.
class Ground {
 public:
  virtual ~Ground() = default;
  virtual Status Send(Signal signal, Lane lane, const Payload* payload) = 0;
  virtual Looked Look(std::chrono::nanoseconds timeout, Payload* payload) = 0;
  virtual Status status() const { return Status::kOk; }
  // For those with handlers: both signals unblocked for a moment. / pause(2), both unblocked.
  virtual Looked RunHandlers() { return {}; }
  virtual void Pause() {}
};

// KernelLink itself; or raw calls that take anybody's signals; or handlers, as the setup says.
std::unique_ptr<Ground> MakeGround(const verify::TransferSetup& setup, verify::Pid self,
                                   pid_t peer);

class GatedLink final : public Link, public verify::HandlerPause {
 public:
  // `buffer` is shown to the test at each call.
  GatedLink(const Channel& channel, Ground& ground, std::span<const std::byte> buffer)
      : channel_(channel), ground_(ground), buffer_(buffer) {}

  using Link::Send;
  using Link::WaitFor;
  void Send(Signal signal, Lane lane, const Payload* payload) override;
  std::optional<Arrival> WaitFor(std::chrono::nanoseconds timeout, Payload* payload) override;
  std::chrono::nanoseconds Now() override;
  void Pause(std::chrono::nanoseconds gap) override;
  void PauseForHandler() override;
  // The protocol has come to its end; who has given up exits, others stay until they are killed.
  void End(std::size_t count);

 private:
  void Tell(Call call);
  Permit Ask(const Call& call);

  const Channel& channel_;
  Ground& ground_;
  std::span<const std::byte> buffer_;
  Looked looked_;
};

// The body of a process that plays one side of a transfer; `blank` lies in the receiver's buffer.
void PlaySide(const Channel& channel, const verify::TransferSetup& setup, verify::Pid self,
              const verify::Message& message, std::span<const std::byte> blank);

// What a stranger is asked to do. A process of its own, so that its pid is one that nobody expects.
struct StrangerOrder {
  pid_t target = 0;
  char slot = 0;  // of kAllSlots
};
// Its body: carries out what comes, and answers whether the kernel took it.
void PlayStranger(const Channel& channel);

// ---- What the outside can see of a process: its four slots, and its sleep
// ------------------------

// Some of the four slots, as bits in the order of kAllSlots.
using Slots = unsigned;

Slots SlotOf(Signal signal, Lane lane);
// "private USR1". REQUIRES: exactly one.
std::string DescribeSlot(Slots slot);

// Which of them are full.
Slots PendingSlots(pid_t pid);

// It sleeps in the kernel, and nothing but a signal will wake it.
bool SleepsForSignal(pid_t pid);

}  // namespace minitalk

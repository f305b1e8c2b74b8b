#include "core/wire/turn.h"

#include <array>

#include "core/wire/stop_and_wait.h"

namespace minitalk {
namespace {

constexpr Arrival kOver{Signal::kUsr1, Lane::kPrivate};
constexpr Arrival kBad{Signal::kUsr2, Lane::kPrivate};

// What a protocol sees whose body keeps to the shared lane: the same link, but once `over` has
// arrived only what is still pending, then nothing. The private lane is emptied first, so `over`
// overtakes the last bits.
class BodyLink final : public Link {
 public:
  explicit BodyLink(Link& link) : link_(link) {}

  void Send(Signal signal, Lane lane, const Payload* payload) override {
    link_.Send(signal, lane, payload);
    Fail(link_.status());
  }

  std::optional<Arrival> WaitFor(std::chrono::nanoseconds timeout, Payload* payload) override {
    using std::chrono::nanoseconds;
    auto arrival = link_.WaitFor(over_ ? nanoseconds(0) : timeout, payload);
    if (arrival == kOver && !over_) {
      over_ = true;
      arrival = link_.WaitFor(nanoseconds(0), payload);
    }
    Fail(link_.status());
    return arrival;
  }

  std::chrono::nanoseconds Now() override { return link_.Now(); }
  void Pause(std::chrono::nanoseconds gap) override { link_.Pause(gap); }

  bool over() const { return over_; }

 private:
  Link& link_;
  bool over_ = false;
};

}  // namespace

void SendOver(Link& link) { link.Send(kOver.signal, kOver.lane); }

bool AwaitOver(Link& link) {
  // Bits that a lossy protocol delivered too many of may still lie on the shared lane.
  while (const auto arrival = link.Wait()) {
    if (*arrival == kOver) return true;
  }
  return false;
}

void SendBody(Link& link, const ProtocolChoice& choice, std::span<const std::byte> body) {
  choice.protocol->Send(link, body);
  SendOver(link);
}

std::size_t ReceiveBody(Link& link, const ProtocolChoice& choice, std::span<std::byte> body) {
  if (choice.info->private_lane) {
    const std::size_t bits = choice.protocol->Receive(link, body);
    AwaitOver(link);
    return bits;
  }
  BodyLink body_link(link);
  const std::size_t bits = choice.protocol->Receive(body_link, body);
  link.Fail(body_link.status());
  if (!body_link.over()) AwaitOver(link);
  while (link.WaitFor(std::chrono::nanoseconds(0))) {
  }
  return bits;
}

void SendVerdict(Link& link, Status verdict) {
  if (verdict != Status::kOk) {
    link.Send(kBad.signal, kBad.lane);
    const std::array reason{static_cast<std::byte>(verdict)};
    if (!SendBytes(link, reason)) return;
  }
  SendOver(link);
}

Status AwaitVerdict(Link& link) {
  const std::optional<Arrival> verdict = link.Wait();
  if (!verdict) return link.status();
  if (*verdict == kOver) return Status::kOk;
  std::array<std::byte, 1> byte{};
  if (*verdict == kBad && ReceiveBytes(link, byte) && AwaitOver(link)) {
    const auto reason = static_cast<Status>(byte[0]);
    if (reason > Status::kOk && reason <= kLastStatus) return reason;
  }
  link.Fail(Status::kGarbled);
  return link.status();
}

}  // namespace minitalk

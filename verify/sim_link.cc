#include "verify/sim_link.h"

#include <csignal>

namespace minitalk::verify {

void SimLink::Send(Signal signal, Lane lane, const Payload* payload) {
  if (!ok()) return;
  Pending pending{signal, lane, {.code = lane == Lane::kPrivate ? SI_TKILL : SI_USER}};
  if (payload != nullptr) {
    pending.info.code = SI_QUEUE;
    pending.info.payload = *payload;
  }
  self_.Send(peer_, pending);
}

std::optional<Arrival> SimLink::WaitFor(std::chrono::nanoseconds timeout, Payload* payload) {
  while (ok()) {
    const Waited waited = self_.Wait(timeout, peer_);
    switch (waited.end) {
      case Waited::End::kInterrupt:
        continue;
      case Waited::End::kNothing:
        return std::nullopt;
      case Waited::End::kLimit:
        Fail(Status::kTimedOut);
        return std::nullopt;
      case Waited::End::kDeath:
        Fail(Status::kPeerDied);
        return std::nullopt;
      case Waited::End::kSignal:
        if (const auto arrival = Recognize(*waited.signal, payload)) return arrival;
    }
  }
  return std::nullopt;
}

// As KernelLink: foreign signals are dropped, payloads pass only where one is asked for.
std::optional<Arrival> SimLink::Recognize(const Pending& pending, Payload* payload) const {
  if (checks_sender_ && pending.info.sender != peer_) return std::nullopt;
  const bool has_payload = pending.info.payload.has_value();
  if (has_payload && payload == nullptr) return std::nullopt;
  if (has_payload) *payload = *pending.info.payload;
  return Arrival{pending.signal, pending.lane, has_payload};
}

}  // namespace minitalk::verify

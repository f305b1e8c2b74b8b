#include "protocols/classic/probe.h"

#include <fmt/format.h>

#include "core/wire/bits.h"

namespace minitalk::classic {
namespace {

// How long a server may take for an answer that we do not know whether it gives at all.
constexpr std::chrono::milliseconds kAnswer{500};

// All values of what cannot be seen; polarity and framing only if nothing has shown them.
std::vector<Format> Spread(const Format& known, bool empty_message_seen) {
  std::vector<Format> formats;
  for (const Framing framing : {Framing::kNul, Framing::kLength32, Framing::kLength64}) {
    for (const Signal zero : {Signal::kUsr1, Signal::kUsr2}) {
      for (const Order order : {Order::kMsb, Order::kLsb}) {
        const bool fits = framing == Framing::kNul && zero == Signal::kUsr1;
        if (empty_message_seen && !fits) continue;
        Format format = known;
        format.framing = framing;
        format.zero = zero;
        format.order = order;
        formats.push_back(format);
      }
    }
  }
  return formats;
}

}  // namespace

Sighting ProbeServer(Link& link, const Sending& sending) {
  Sighting seen;
  for (std::size_t bit = 1; bit <= kBitsPerByte && link.ok(); ++bit) {
    link.Send(Signal::kUsr1, Lane::kShared);
    const bool asks = bit == 1 || bit == kBitsPerByte || seen.to_bits;
    const auto answer =
        link.WaitFor(asks ? std::chrono::nanoseconds(kAnswer) : std::chrono::nanoseconds(0));
    if (!answer) AwaitTaken(link, sending);
    if (answer && bit < kBitsPerByte) seen.to_bits = answer->signal;
    if (answer && bit == kBitsPerByte && answer->signal != seen.to_bits)
      seen.to_last = answer->signal;
  }
  // Some acknowledge the last bit and say that the message is over.
  if (seen.to_bits && !seen.to_last) {
    const auto more = link.WaitFor(kAnswer);
    if (more && more->signal != seen.to_bits) seen.to_last = more->signal;
  }
  return seen;
}

std::vector<Format> Candidates(const Sighting& sighting) {
  Format known;
  if (sighting.to_bits) {
    known.ack_signal = *sighting.to_bits;
    known.end = sighting.to_last;
    return Spread(known, sighting.to_last.has_value());
  }
  known.ack = sighting.to_last ? Ack::kByte : Ack::kNone;
  known.ack_signal = sighting.to_last.value_or(known.ack_signal);
  std::vector<Format> formats = Spread(known, false);
  if (sighting.to_last) {
    known = Format{};
    known.ack = Ack::kNone;
    known.end = sighting.to_last;
    for (const Format& format : Spread(known, true)) formats.push_back(format);
  }
  return formats;
}

std::string Describe(const Sighting& sighting) {
  if (sighting.to_bits && sighting.to_last) {
    return fmt::format("it answers each bit by {} and the end of an empty message by {}",
                       ToString(*sighting.to_bits), ToString(*sighting.to_last));
  }
  if (sighting.to_bits)
    return fmt::format("it answers each bit by {}", ToString(*sighting.to_bits));
  if (sighting.to_last) {
    return fmt::format("it answers eight bits by {}: each byte, or the end of an empty message",
                       ToString(*sighting.to_last));
  }
  return "it answers neither a bit nor eight";
}

}  // namespace minitalk::classic

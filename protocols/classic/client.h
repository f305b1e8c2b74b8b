// The client that speaks a classic format to a third-party server.
#pragma once

#include <string>
#include <vector>

#include "core/endpoint/client.h"
#include "protocols/classic/format.h"
#include "protocols/classic/sender.h"

namespace minitalk::classic {

// Reads all of `source`, of which no more than `most` bytes are kept. kInputFailed or kTooLarge.
Status ReadAll(Source& source, std::size_t most, std::vector<std::byte>* message);

// As core's Deliver(), for one message. kTakesNoBits, and nothing is sent, unless /proc shows that
// the process catches or awaits both signals; with options.force also where /proc does not show
// what they would do to it. kOk says no more than the format does: that everything was sent and
// each answer came, if there are any. Of the options neither `echo` nor `message_bytes` is used,
// and `pin` places this end only. REQUIRES: a single thread; WhyNot() has no objection.
Delivery DeliverClassic(const ClientOptions& options, const Format& format,
                        std::span<const std::byte> message);

// What can be seen of the server's format by sending it eight signals. As above.
struct Discovery {
  Status status = Status::kOk;
  std::string remedy;  // unless kOk
  ProbeResult probe;   // if kOk
};
Discovery Discover(const ClientOptions& options);

}  // namespace minitalk::classic

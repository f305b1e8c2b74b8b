// Sends one message to a third-party server, over any link; or finds out by a few signals what can
// be seen of its format from outside: what it answers, and when. Not the order of its bits, and
// mostly neither polarity nor framing: those show in what it prints, which is not ours to see.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/wire/link.h"
#include "core/wire/session.h"
#include "protocols/classic/codec.h"

namespace minitalk::classic {

// What sending needs beside the link and the format.
struct Sending {
  // Whether the server has taken all that was sent. Asked after a bit that it does not answer, so
  // that the next one does not vanish behind it; may Fail() the link. Empty: the pause has to do.
  std::function<bool()> taken;
  std::chrono::milliseconds timeout{10'000};  // for `taken`
  // The bytes that the server has written so far, if they can be seen; may be empty.
  std::function<std::optional<std::uint64_t>()> written;
  Progress progress;      // may be empty
  std::uint64_t pid = 0;  // of this client, for formats that send it
};

// How far it came; all of it if the link is still ok.
struct Sent {
  std::size_t bits = 0;
  std::size_t of = 0;
};

// Until all that was sent has been taken. Fails the link with kTimedOut.
void AwaitTaken(Link& link, const Sending& sending);

// Until the last answer that the format knows. Any signal of the server counts as an
// acknowledgement; only the end of the message, where the format has one, must be the right one.
// Fails the link with kTimedOut, kPeerDied, kGarbled (no proper end) or what it fails with itself.
// REQUIRES: WhyNot() has no objection.
Sent SendClassic(Link& link, const Format& format, std::span<const std::byte> message,
                 const Sending& sending);

// What a server answered to eight times SIGUSR1: to one with nul and usr1=0 an empty message, to
// any other the beginning of something.
struct ProbeResult {
  std::optional<Signal> to_bits;  // to each of the first seven
  std::optional<Signal> to_last;  // to the eighth, where that is not the same
  std::optional<bool> printed;    // something at the eighth alone: an empty message
};

// Sends them, each once the one before was taken. Fails the link with kPeerDied or kTimedOut.
ProbeResult ProbeServer(Link& link, const Sending& sending);

// The formats that fit, likeliest first. Never empty.
std::vector<Format> Candidates(const ProbeResult& result);

// One clause that says what was seen.
std::string ToString(const ProbeResult& result);

}  // namespace minitalk::classic

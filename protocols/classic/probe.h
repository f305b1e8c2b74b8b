// What can be seen of a foreign server's format from outside: what it answers, and when. Not the
// order of its bits, and mostly neither polarity nor framing: those show in what it prints, which
// is not ours to see.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/wire/link.h"
#include "protocols/classic/format.h"
#include "protocols/classic/sender.h"

namespace minitalk::classic {

// What a server answered to eight times SIGUSR1: to one with nul and usr1=0 an empty message, to
// any other the beginning of something.
struct Sighting {
  std::optional<Signal> to_bits;  // to each of the first seven
  std::optional<Signal> to_last;  // to the eighth, where that is not the same
};

// Sends them, each once the one before was taken. Fails the link with kPeerDied or kTimedOut.
Sighting ProbeServer(Link& link, const Sending& sending);

// The formats that fit, likeliest first. Never empty.
std::vector<Format> Candidates(const Sighting& sighting);

// One clause that says what was seen.
std::string Describe(const Sighting& sighting);

}  // namespace minitalk::classic

// Finds the format of a foreign client from what can be seen of it: its bits, and what it does
// after each. Pure: no system call, no clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocols/classic/format.h"

namespace minitalk::classic {

// Bits in a format: whole messages, without anything left over.
struct Reading {
  Format format;  // order, polarity and framing; the rest is as by default
  std::vector<std::string> messages;
};

// True for valid UTF-8 without control characters other than tab, line feed and carriage return.
bool IsText(std::string_view bytes);

// The readings in which all messages are text and as few as in no other (64 zeros are one empty
// message of len64, not eight of nul), likeliest first: that with more small letters and blanks,
// then msb before lsb, usr1=0 before usr1=1, nul before len32 before len64. `max_bytes`: of one
// message.
std::vector<Reading> PlausibleReadings(const std::vector<Signal>& bits, std::uint64_t max_bytes);

// True if they differ in what was said, not only in how.
bool Disagree(const std::vector<Reading>& readings);

// Finds out by trying when a client wants to be answered, and by which signal: it is left without
// an answer until it falls silent. One that does so after its first bit waits for an answer to it,
// one after eight for an answer to the byte; SIGUSR1 is tried first, then SIGUSR2. One that says
// more than eight bits wants none.
class AckFinder {
 public:
  // For each bit that arrives; the answer to it, if it is known to want one.
  std::optional<Signal> OnBit();

  // The client waits for something. The next thing to try on it, of what it would take; nothing:
  // there is nothing left to try, or no reason to.
  std::optional<Signal> OnSilence(bool takes_usr1, bool takes_usr2);

  // The best that is known: a client that ended without having said more than a byte wants none,
  // unless it was answered.
  Ack ack() const { return ack_.value_or(answered_ ? Ack::kByte : Ack::kNone); }
  Signal ack_signal() const { return signal_; }

 private:
  std::optional<Ack> ack_;
  Signal signal_ = Signal::kUsr1;  // of the answers; the last one tried
  int tried_ = 0;                  // how many of the two
  bool answered_ = false;
  std::uint64_t bits_ = 0;
};

}  // namespace minitalk::classic

// What the receiver makes of one third-party client's bits: messages and answers, in a format that
// is known or that is found out from the bits and from what the client does after each. Pure: no
// system call, no clock.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
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
// message of len64, not eight of nul), likeliest first: that with the shorter text, since more of
// the bits are then explained by the format, then that with more small letters and blanks, then msb
// before lsb, usr1=0 before usr1=1, nul before lengths before what is rarer. More than one empty
// message is none. `max_bytes`: of one message; `pid`: the client's, 0: not known. `silent`: the
// end of the bits may be the end of a message that has no other.
std::vector<Reading> PlausibleReadings(const std::vector<Signal>& bits, std::uint64_t max_bytes,
                                       std::uint64_t pid = 0, bool silent = false);

// True if they differ in what was said, not only in how.
bool Disagree(const std::vector<Reading>& readings);

// True unless they disagree and the first is hardly likelier than the next.
bool IsClear(const std::vector<Reading>& readings);

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

  // The same once it is known when it wants answers, and it has not gone on: the answer may have
  // come too early for it, or has to be the other signal after a greeting.
  std::optional<Signal> OnStall(bool takes_usr1, bool takes_usr2);

  // The best that is known: a client that ended without having said more than a byte wants none,
  // unless it was answered.
  Ack ack() const { return ack_.value_or(answered_ ? Ack::kByte : Ack::kNone); }
  Signal ack_signal() const { return signal_; }
  Signal first_answer() const { return first_.value_or(signal_); }  // to the first bit
  bool has_to_wait() const { return late_; }  // an answer at once is too early for it

 private:
  std::optional<Ack> ack_;
  Signal signal_ = Signal::kUsr1;  // of the answers; the last one tried
  int tried_ = 0;                  // how many of the two
  bool answered_ = false;
  std::uint64_t bits_ = 0;
  std::optional<Signal> first_;
  bool late_ = false;
  int stalls_ = 0;  // tried since the last bit
};

// One client's bits on their way to messages. Fed in the order in which they came.
class Reader {
 public:
  struct Outcome {
    std::vector<std::string> messages = {};  // whole; to be written out before the answer is sent
    std::optional<Signal> answer = std::nullopt;
    std::string found = {};  // what was found out about the format; empty: nothing new
    bool too_long = false;   // nothing more can be understood of this client
    bool bad = false;        // likewise: its signals are not in the format
  };

  virtual ~Reader() = default;

  virtual Outcome OnBit(Signal signal) = 0;

  // The client has been silent for a while, and lives. `takes`: which signals it is prepared for.
  struct Takes {
    bool usr1 = false;
    bool usr2 = false;
  };
  virtual Outcome OnSilence(Takes takes) = 0;
  // Whether that is of any interest since the last time.
  virtual bool AwaitsSilence() const = 0;

  // The client has ended, and all that it sent has been passed on.
  virtual Outcome OnEnd() = 0;

  // Between two messages.
  virtual bool AtRest() const = 0;

  // The format, as far as it is known.
  virtual Format format() const = 0;
};

// `format`: nothing to find it out. `max_bytes`: of a message; when the format is to be found out,
// no more than kMostDetected. `pid`: the client's; 0: not known.
std::unique_ptr<Reader> NewReader(const std::optional<Format>& format, std::uint64_t max_bytes,
                                  std::uint64_t pid = 0);

inline constexpr std::uint64_t kMostDetected = 1 << 20;

}  // namespace minitalk::classic

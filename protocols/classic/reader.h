// What the receiver makes of one foreign client's bits: messages and answers, in a format that is
// known or that it finds out. Pure: no system call, no clock.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocols/classic/format.h"

namespace minitalk::classic {

// One client's bits on their way to messages. Fed in the order in which they came.
class Reader {
 public:
  struct Outcome {
    std::vector<std::string> messages = {};  // whole; to be written out before the answer is sent
    std::optional<Signal> answer = std::nullopt;
    std::string found = {};  // what was found out about the format; empty: nothing new
    bool too_long = false;   // nothing more can be understood of this client
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
// no more than kMostDetected.
std::unique_ptr<Reader> NewReader(const std::optional<Format>& format, std::uint64_t max_bytes);

inline constexpr std::uint64_t kMostDetected = 1 << 20;

}  // namespace minitalk::classic

// A terminal for a program's stdout, as a user has one: stdio flushes each line, and what is
// written can be seen at once.
#pragma once

#include <string>
#include <string_view>

#include "core/os/fd.h"

namespace minitalk {

// A pseudo terminal in raw mode, so that bytes pass unchanged. Throws std::system_error.
class Terminal {
 public:
  Terminal();

  // What a program's stdout becomes. Stays ours.
  int slave() const { return slave_.get(); }
  // For poll(2). Stays ours.
  int master() const { return master_.get(); }

  // Takes what was written since. False: nothing was.
  bool Read();
  // Drops what was written until now.
  void Forget();
  // Since Forget().
  const std::string& output() const { return output_; }
  // More was written than anybody can have meant; the rest is dropped.
  bool Overflowed() const;
  // Whether `text` stands in the output. Quick while the output grows and `text` stays the same.
  bool Holds(std::string_view text);
  // How many of the first bytes of `text` stand in the output together.
  std::size_t LongestBeginning(std::string_view text) const;

 private:
  Fd master_;
  Fd slave_;
  std::string output_;
  std::size_t searched_ = 0;  // no beginning of the text lies before
};

}  // namespace minitalk

// Who called a system call: the functions on a stopped program's stack, and their source lines
// where debug information exists (libdw). Built without libdw, nothing is known.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pairs/explore/tracee.h"

namespace minitalk::explore {

// A frame of a stack.
struct Frame {
  std::string function;  // empty: not known
  std::string source;    // "client.c:23"; empty: not known
};

// Functions that share a state, so that none of them may be called while one was interrupted.
enum Family : std::uint8_t { kStdio = 1, kMemory = 2, kProcessEnd = 4, kStreams = 8, kTime = 16 };

// What a program and its libraries consist of, read once; a program starts the same way each time,
// so it holds for all its copies. Not thread-safe.
class Callers {
 public:
  // REQUIRES: the tracee has been started, and its libraries are loaded.
  explicit Callers(const Tracee& tracee);
  ~Callers();
  Callers(const Callers&) = delete;
  Callers& operator=(const Callers&) = delete;

  // The stack, innermost first; lines only where asked for, since they cost milliseconds.
  std::vector<Frame> Stack(const Tracee& tracee, const Registers& registers, bool lines);
  // The innermost line that is known.
  std::string Source(const Tracee& tracee, const Registers& registers);

  // How deep the stack is, and which functions are in it that are not async-signal-safe.
  struct Unsafe {
    std::size_t depth = 0;
    std::uint8_t families = 0;
    std::string function;  // one of them
  };
  // Of the frames but the outermost `but`. Remembered by instruction and stack pointer.
  Unsafe FindUnsafe(const Tracee& tracee, const Registers& registers, std::size_t but = 0);

 private:
  struct Modules;
  std::unique_ptr<Modules> modules_;
};

// The family of a function that is not async-signal-safe; 0: it is none that is known.
std::uint8_t FamilyOf(const std::string& function);

}  // namespace minitalk::explore

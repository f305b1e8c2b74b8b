// Looks at a running pair from outside: what its server writes, who has ended, and since when
// nothing has happened.
#pragma once

#include <chrono>

#include "bench/foreign.h"
#include "bench/terminal.h"

namespace minitalk {

// The runner, for which all this is done, has died or wants no more.
struct RunnerGone {};

// Keeps references. Not thread-safe.
class Watch {
 public:
  using Clock = std::chrono::steady_clock;

  // `client`: null while there is none. `runner`: a descriptor that hangs up when it is gone.
  Watch(Terminal& terminal, const ForeignProgram& server, const ForeignProgram* client, int runner);

  // Waits for something to happen, at most `patience`; reads the terminal. Throws RunnerGone.
  void Step(std::chrono::milliseconds patience);

  Clock::time_point now() const { return now_; }
  // When the server last wrote, or one of the two ended.
  Clock::time_point last_event() const { return last_event_; }
  Clock::duration quiet() const { return now_ - last_event_; }
  // How long neither of the two has done anything at all.
  Clock::duration still() const { return now_ - still_since_; }
  bool client_ended() const { return client_fd_ < 0; }
  bool server_ended() const { return server_fd_ < 0; }
  // It has ended, and what it wrote before that has come.
  bool server_is_over() const;

 private:
  void LookWhetherStill();

  Terminal& terminal_;
  const ForeignProgram& server_;
  const ForeignProgram* client_;
  int runner_fd_;
  int server_fd_;  // -1 once it has ended
  int client_fd_;
  Clock::time_point now_;
  Clock::time_point last_event_;
  Clock::time_point still_since_;
  double cpu_ns_ = 0;  // of both, when it was last looked at
};

}  // namespace minitalk

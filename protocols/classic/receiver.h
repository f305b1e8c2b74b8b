// Receives from any number of third-party clients at once, each known by the pid that the kernel
// puts into its signals. Whoever they are, nobody is answered by a signal that would kill it, and
// nothing but whole messages is handed on.
//
// There is one slot for each signal, shared by all clients. If two send the same signal at the same
// moment, one of the two bits vanishes: then that client waits for ever for its acknowledgement (or
// has lost a bit, if it waits for none). No receiver can repair that; this one drops such a client
// after the idle timeout and never prints its fragment.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <memory>

#include "core/os/log.h"
#include "core/os/process.h"
#include "core/os/signals.h"
#include "protocols/classic/reader.h"

namespace minitalk::classic {

// What it accepts, and how long it waits.
struct ReceiverOptions {
  std::optional<Format> format;  // nothing: it is found out for each client
  std::uint64_t max_message_bytes = 0;
  std::size_t max_clients = 0;
  std::chrono::milliseconds idle_timeout{};
};

// A whole message. `text` is valid during the call only.
struct ReceivedMessage {
  pid_t client;
  Format format;
  std::string_view text;
  double seconds;  // from its first bit
};

// All clients' readers and answers. Its caller brings each signal, and the time by ticks.
class Receiver {
 public:
  // False: it could not be written out. Then the client gets no answer to it, nor to anything else.
  using Deliver = std::function<bool(const ReceivedMessage&)>;

  // `log` has to outlive it. REQUIRES: PrepareSignals was called.
  Receiver(const ReceiverOptions& options, const Log& log, Deliver deliver);

  // One signal that came in.
  void Take(const Caught& caught);

  // Looks after clients that are silent or have ended. To be called every kTick while Busy().
  void Tick();
  static constexpr std::chrono::milliseconds kTick{20};

  // Somebody is in the middle of something.
  bool Busy() const;

 private:
  using Clock = std::chrono::steady_clock;

  // Whether a client may be sent a signal.
  enum class Trust : std::uint8_t { kUnknown, kBlockedOnce, kTakes, kDoesNot };

  struct Client {
    Process process;
    std::unique_ptr<Reader> reader;
    Clock::time_point begun = {};  // this message
    Clock::time_point last_bit = {};
    // Since its last bit, and since that or the last attempt to make it go on. Ticks are counted
    // and not time, so that it does not matter if this process was stopped.
    std::chrono::milliseconds silent{0};
    std::chrono::milliseconds unmoved{0};
    std::array<Trust, 2> trust{};  // by signal
    // An answer that has to wait for a second inspection, and whether it has waited for a whole
    // tick.
    std::optional<Signal> owed = std::nullopt;
    bool owed_long = false;
    bool ended = false;    // seen at an earlier tick, so that its last signals are in
    bool ignored = false;  // until it ends
  };

  Client* Find(pid_t pid);
  Client* Admit(pid_t pid);
  bool MakeRoom();
  void Follow(Client& client, const Reader::Outcome& outcome);
  bool HandOn(Client& client, const Reader::Outcome& outcome);
  void Answer(Client& client, Signal signal);
  void AnswerLater(Client& client);
  void Send(Client& client, Signal signal);
  void Inspect(Client& client);
  void Ignore(Client& client, std::string_view why);
  void End(Client& client);

  ReceiverOptions options_;
  const Log& log_;
  Deliver deliver_;
  std::map<pid_t, Client> clients_;
  pid_t refused_ = 0;  // the last one that there was no room for
};

}  // namespace minitalk::classic

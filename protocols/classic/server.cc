#include "protocols/classic/server.h"

#include <sysexits.h>
#include <unistd.h>

#include <csignal>

#include "core/endpoint/server_output.h"
#include "core/os/fd.h"
#include "core/os/process_facts.h"
#include "protocols/classic/receiver.h"

namespace minitalk::classic {
namespace {

using Clock = std::chrono::steady_clock;

// With nothing to look after: until a signal comes.
constexpr std::chrono::hours kNoTick{1};

// After the first message of --once: how long its client may take to show whether it wants more.
constexpr std::chrono::milliseconds kLinger{2000};

class ClassicServer {
 public:
  ClassicServer(const ServerOptions& options, const std::optional<Format>& format)
      : options_(options),
        log_(options.name, options.verbosity),
        output_(STDOUT_FILENO, options.format, options.idle_timeout / 2, FirstLine()),
        receiver_({.format = format,
                   .max_message_bytes = options.max_message_bytes,
                   .max_clients = options.max_sessions,
                   .idle_timeout = options.idle_timeout},
                  log_, [this](const ReceivedMessage& message) { return Write(message); }),
        detects_(!format) {}

  int Run() {
    PrepareSignals(kClassicServerName, {SIGTERM, SIGINT, SIGHUP});
    if (!Announce(options_.pidfile, options_.hint, log_, output_)) return EX_CANTCREAT;
    while (!done_ && !nobody_reads_ && !Finished()) Step();
    if (!options_.pidfile.empty()) unlink(options_.pidfile.c_str());
    return nobody_reads_ ? EX_IOERR : EX_OK;
  }

 private:
  void Step() {
    const std::chrono::nanoseconds timeout =
        receiver_.Busy() ? std::chrono::nanoseconds(Receiver::kTick) : kNoTick;
    const auto caught = TakeSignalFor(timeout, {SIGUSR1, SIGUSR2, SIGTERM, SIGINT, SIGHUP});
    if (caught) Handle(*caught);
    if (Clock::now() < next_tick_) return;
    next_tick_ = Clock::now() + Receiver::kTick;
    receiver_.Tick();
    // Both signals have lower numbers than SIGTERM: where they keep coming it has no turn
    // otherwise.
    const auto end = TakeSignalFor(std::chrono::nanoseconds(0), {SIGTERM, SIGINT, SIGHUP});
    if (end) Handle(*end);
  }

  void Handle(const Caught& caught) {
    if (caught.signal == SIGUSR1 || caught.signal == SIGUSR2) {
      receiver_.Take(caught);
    } else {
      done_ |= AsksToEnd(caught.signal);
    }
  }

  bool Write(const ReceivedMessage& message) {
    if (once_written_) return false;  // another client's
    const auto describe = [&](std::string_view text, const TransferStats& stats) {
      return options_.to_json(message.client, "classic:" + message.format.ToString(), text, stats);
    };
    OutputSink sink(output_, log_, describe);
    if (sink.Append(std::as_bytes(std::span(message.text))) != Status::kOk) return false;
    const TransferStats stats{.bytes = message.text.size(), .seconds = message.seconds};
    if (sink.Commit(stats) != Status::kOk) {
      nobody_reads_ = NobodyReads(log_, output_);
      return false;
    }
    log_.Detail("client {}: {} bytes in {:.3f} s", message.client, stats.bytes, stats.seconds);
    if (options_.once) {
      once_written_ = true;
      linger_until_ = Clock::now() + kLinger;
    }
    return true;
  }

  bool Finished() const {
    if (!once_written_) return false;
    return !detects_ || !receiver_.Busy() || Clock::now() > linger_until_;
  }

  const ServerOptions& options_;
  Log log_;
  Output output_;
  Receiver receiver_;
  bool detects_;
  Clock::time_point next_tick_;
  bool once_written_ = false;
  Clock::time_point linger_until_;
  bool nobody_reads_ = false;
  bool done_ = false;
};

}  // namespace

int RunClassicServer(const ServerOptions& options, const std::optional<Format>& format) {
  FillStandardDescriptors();
  return ClassicServer(options, format).Run();
}

}  // namespace minitalk::classic

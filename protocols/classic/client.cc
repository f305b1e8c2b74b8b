#include "protocols/classic/client.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "core/os/kernel_link.h"
#include "core/os/log.h"
#include "core/os/process_facts.h"
#include "core/os/signals.h"

namespace minitalk::classic {
namespace {

using Clock = std::chrono::steady_clock;

// How often a server without handlers is inspected; the gap is longer than a shell blocks all
// signals for while it forks.
constexpr int kInspections = 3;
constexpr std::chrono::milliseconds kInspectionGap{30};

// A server that may be signalled, or why there is none.
struct Target {
  Status status = Status::kOk;
  std::string remedy;
  std::optional<Process> process;
};

Target Refuse(Status status, std::string remedy) {
  return {.status = status, .remedy = std::move(remedy), .process = std::nullopt};
}

// What the worse of the two signals would do to it. Merely blocked may be for a moment only,
// and a server may have been on its way into its wait: so it is inspected more than once.
Effect ExpectedEffect(pid_t pid) {
  Effect last = Effect::kHarm;
  for (int i = 0; i < kInspections; ++i) {
    if (i > 0) std::this_thread::sleep_for(kInspectionGap);
    const auto facts = InspectProcess(pid);
    if (!facts) return Effect::kHarm;
    const Effect effect =
        std::min(EffectOf(pid, *facts, Signal::kUsr1), EffectOf(pid, *facts, Signal::kUsr2));
    if (effect == Effect::kTaken) return effect;
    if (effect == Effect::kBlocked && last == effect) return effect;
    last = effect;
  }
  return last == Effect::kBlocked ? Effect::kHarm : last;
}

std::string_view WhyNot(Effect effect) {
  switch (effect) {
    case Effect::kTidyEnd:
      return "catches all that would end it, as a shell does before it ends; --force sends all the "
             "same";
    case Effect::kUnknown:
      return "waits for signals that we may not see; --force sends all the same, and it dies if "
             "they are others";
    default:
      return "does not catch both SIGUSR1 and SIGUSR2";
  }
}

Target CheckServer(const ClientOptions& options, Process server) {
  const auto facts = InspectProcess(server.pid());
  if (!facts && !options.force) {
    return Refuse(Status::kTakesNoBits,
                  "/proc does not show whether it does; --force sends all the same, and an "
                  "unprepared process dies of it");
  }
  if (facts) {
    if (facts->state == 'Z') return Refuse(Status::kNoProcess, "it has ended; start the server");
    if (facts->name == kServerName || facts->name == kSessionName) {
      return Refuse(Status::kTakesNoBits,
                    "it is a minitalk server without --classic; leave --classic out");
    }
    const Effect effect = ExpectedEffect(server.pid());
    const bool doubtful = effect == Effect::kTidyEnd || effect == Effect::kUnknown;
    if (effect == Effect::kHarm || (doubtful && !options.force)) {
      return Refuse(Status::kTakesNoBits,
                    fmt::format("it is \"{}\", which {}; nothing was sent to it",
                                EscapeForTerminal(facts->name), WhyNot(effect)));
    }
  }
  if (server.Send(0) == Status::kNotPermitted) {
    return Refuse(Status::kNotPermitted, fmt::format("it runs as user {}, you are user {}",
                                                     facts ? facts->effective_uid : 0, geteuid()));
  }
  return {.status = Status::kOk, .remedy = "", .process = std::move(server)};
}

// Takes our seat and finds the server. Nothing has been sent to it.
Target Prepare(const ClientOptions& options) {
  const Placed placed = PinSender(options.pin);
  if (!placed.problem.empty()) return Refuse(Status::kSystemFailed, placed.problem);
  PrepareSignals(kClassicClientName);
  std::optional<Process> server;
  if (const Status status = Process::Open(options.server, &server); status != Status::kOk) {
    return Refuse(status, "start the server and use the pid it prints");
  }
  return CheckServer(options, std::move(*server));
}

KernelLink LinkTo(const ClientOptions& options, Target& target) {
  return {std::move(*target.process), ResolveWait(options.wait, options.pin), options.timeout};
}

Sending SendingTo(KernelLink& link, const ClientOptions& options) {
  const auto taken = [&link] {
    const auto facts = InspectProcess(link.peer().pid());
    if (facts && facts->state == 'Z') link.Fail(Status::kPeerDied);
    return !facts || !HasPending(*facts);
  };
  return {.taken = taken,
          .timeout = options.timeout,
          .written = [&link] { return BytesWritten(link.peer().pid()); },
          .progress = options.progress,
          .pid = static_cast<std::uint64_t>(getpid())};
}

std::string Remedy(Status status, const Format& format, const Sent& sent) {
  const std::string where = fmt::format("after {} of {} bits", sent.bits, sent.of);
  switch (status) {
    case Status::kOk:
      return "";
    case Status::kTimedOut:
      return fmt::format("{}; does it speak {}? is it stopped, or busy with another client?", where,
                         format.ToString());
    case Status::kPeerDied:
      return fmt::format("{}; start it again", where);
    case Status::kGarbled:
      return fmt::format("each bit was answered, but not the last one by {}; leave end= out?",
                         ToString(format.end.value_or(Signal::kUsr1)));
    default:
      return fmt::format("{}; the server may hold a part of the message", where);
  }
}

}  // namespace

Status ReadAll(Source& source, std::size_t most, std::vector<std::byte>* message) {
  constexpr std::size_t kPiece = 1 << 16;
  for (;;) {
    const Source::Piece piece = source.Peek(kPiece);
    if (piece.failed) return Status::kInputFailed;
    if (piece.bytes.size() > most - message->size()) return Status::kTooLarge;
    message->insert(message->end(), piece.bytes.begin(), piece.bytes.end());
    source.Consume(piece.bytes.size());
    if (piece.last) return Status::kOk;
  }
}

Delivery DeliverClassic(const ClientOptions& options, const Format& format,
                        std::span<const std::byte> message) {
  Delivery delivery;
  Target target = Prepare(options);
  if (target.status != Status::kOk) {
    delivery.status = target.status;
    delivery.remedy = target.remedy;
    return delivery;
  }
  KernelLink link = LinkTo(options, target);
  const auto start = Clock::now();
  const Sent sent = SendClassic(link, format, message, SendingTo(link, options));
  delivery.stats.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  delivery.status = link.status();
  if (delivery.status == Status::kOk) delivery.stats.bytes = message.size();
  delivery.remedy = Remedy(delivery.status, format, sent);
  delivery.signals_sent = link.counters().sent;
  delivery.signals_received = link.counters().received;
  return delivery;
}

Discovery Discover(const ClientOptions& options) {
  Target target = Prepare(options);
  if (target.status != Status::kOk) {
    return {.status = target.status, .remedy = target.remedy, .probe = {}};
  }
  KernelLink link = LinkTo(options, target);
  const ProbeResult probe = ProbeServer(link, SendingTo(link, options));
  return {.status = link.status(),
          .remedy = "it did not take or answer eight times SIGUSR1; start it again",
          .probe = probe};
}

}  // namespace minitalk::classic

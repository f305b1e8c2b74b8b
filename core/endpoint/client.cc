#include "core/endpoint/client.h"

#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>

#include <csignal>
#include <random>
#include <utility>

#include "core/os/kernel_link.h"
#include "core/os/process_facts.h"
#include "core/os/signals.h"
#include "core/wire/handshake.h"
#include "core/wire/turn.h"

namespace minitalk {
namespace {

// Would the kernel let `other` signal us back? Root always may; capabilities are not looked at.
bool MaySignalUs(const ProcessFacts& other) {
  uid_t real = 0;
  uid_t effective = 0;
  uid_t saved = 0;
  getresuid(&real, &effective, &saved);
  const auto is_ours = [&](uid_t uid) { return uid == real || uid == saved; };
  return other.effective_uid == 0 || is_ours(other.effective_uid) || is_ours(other.real_uid);
}

// The system calls of the handshake, on Linux.
class LinuxConnectCalls final : public ConnectCalls {
 public:
  // `believe_all`: answers are believed even where /proc does not show whose they are.
  LinuxConnectCalls(const Process& server, bool believe_all)
      : server_(server), believe_all_(believe_all) {}

  Status SendRequest() override { return server_.Send(SIGUSR1); }

  std::optional<Reply> Take(std::chrono::nanoseconds timeout) override {
    const auto caught = TakeSignalFor(timeout);
    if (!caught) return std::nullopt;
    return Reply{SignalOf(caught->signal), caught->sender};
  }

  bool IsSession(pid_t pid) override {
    const auto facts = InspectProcess(pid);
    const bool is_session = facts ? facts->parent == server_.pid() : believe_all_;
    return is_session && Process::Open(pid, &session_) == Status::kOk;
  }

  bool ServerAlive() override { return server_.Alive(); }
  std::chrono::nanoseconds Now() override {
    return std::chrono::steady_clock::now().time_since_epoch();
  }

  // The session that answered. REQUIRES: IsSession() was true.
  std::optional<Process> TakeSession() { return std::move(session_); }

 private:
  const Process& server_;
  bool believe_all_;
  std::optional<Process> session_;
};

class Connector {
 public:
  explicit Connector(const ClientOptions& options) : options_(options) {}

  // kOk: *session is the session process that the server forked for us.
  Status Connect(std::optional<Process>* session) {
    std::optional<Process> server;
    if (const Status status = Process::Open(options_.server, &server); status != Status::kOk) {
      return Refuse(status,
                    fmt::format("start {} and use the pid it prints", options_.server_program));
    }
    if (const Status status = Check(*server); status != Status::kOk) return status;
    return RequestSession(*server, session);
  }

  const std::string& remedy() const { return remedy_; }
  std::uint64_t requests() const { return requests_; }

 private:
  Status Refuse(Status status, std::string remedy) {
    remedy_ = std::move(remedy);
    return status;
  }

  Status Check(const Process& server) {
    const std::optional<ProcessFacts> facts = InspectProcess(server.pid());
    if (!facts) {
      if (options_.force) return Status::kOk;
      return Refuse(Status::kNotAServer,
                    "/proc does not show whether it is one; --force sends all the same, and an "
                    "unprepared process dies of it");
    }
    if (facts->state == 'Z') {
      return Refuse(Status::kNoProcess,
                    fmt::format("it has ended; start {}", options_.server_program));
    }
    if (facts->name != kServerName || !facts->catches_both) {
      return Refuse(
          Status::kNotAServer,
          fmt::format("it is \"{}\"; nothing was sent to it; use the pid that {} prints; "
                      "if it is somebody else's server, --classic FORMAT speaks its wire "
                      "format, --classic detect finds that out, and make grade (installed: "
                      "minitalk-grade) grades the pair",
                      facts->name, options_.server_program));
    }
    if (const Status status = server.Send(0); status == Status::kNotPermitted) {
      return Refuse(status, fmt::format("the server runs as user {}, you are user {}",
                                        facts->effective_uid, geteuid()));
    }
    if (!MaySignalUs(*facts)) {
      return Refuse(Status::kNotPermitted,
                    fmt::format("the server runs as user {} and could not answer user {}",
                                facts->effective_uid, getuid()));
    }
    return Status::kOk;
  }

  Status RequestSession(const Process& server, std::optional<Process>* session) {
    LinuxConnectCalls system(server, options_.force);
    const Connection connection = ConnectToServer(system, options_.timeout);
    requests_ = connection.requests;
    switch (connection.status) {
      case Status::kOk:
        *session = system.TakeSession();
        return Status::kOk;
      case Status::kPeerDied:
        return Refuse(connection.status,
                      "the server ended while the client connected to it; start it again");
      case Status::kOtherVersion:
        return Refuse(connection.status, "the server is older than this client; nothing was sent");
      case Status::kTimedOut:
        return Refuse(connection.status, WhyNoAnswer(server, connection.anonymous));
      default:
        return Refuse(connection.status, "the server could not be reached");
    }
  }

  static std::string WhyNoAnswer(const Process& server, bool anonymous_answers) {
    const auto facts = InspectProcess(server.pid());
    if (anonymous_answers) {
      return "signals arrive without their sender: too many are queued for this user; raise ulimit "
             "-i, and make sure that both processes are in one pid namespace";
    }
    if (facts && facts->state == 'T') return "the server is stopped; kill -CONT it";
    return "the server is full or busy; try later, give a longer --timeout, or start it with more "
           "--max-sessions";
  }

  const ClientOptions& options_;
  std::string remedy_;
  std::uint64_t requests_ = 0;
};

std::string Remedy(Status status) {
  switch (status) {
    case Status::kOk:
      return "";
    case Status::kTimedOut:
      return "is it stopped, or its output blocked? give a longer --timeout";
    case Status::kPeerDied:
      return "the server's diagnostics may tell more; send again";
    case Status::kGaveUp:
      return "nothing was printed; choose a protocol that loses nothing, or a longer pause";
    case Status::kTooLarge:
      return "start the server with a larger --max-message";
    case Status::kUnknownProtocol:
      return "it was built without it, or is older than this client";
    case Status::kOtherVersion:
      return "the server is older than this client; nothing was printed";
    case Status::kNoEcho:
      return "start the server with --echo";
    case Status::kOutputFailed:
      return "see the server's diagnostics: is its output closed, full or blocked?";
    case Status::kReplyFailed:
      return "is standard output closed or full?";
    case Status::kInputFailed:
      return "nothing was printed";
    // The last verdict can get lost like any other signal.
    case Status::kGarbled:
    case Status::kInterfered:
      return "it may have been printed or not; send again";
    case Status::kDegraded:
      return "it may have been printed or not; raise ulimit -i and send again";
    default:
      return "nothing was printed; send again";
  }
}

MessageHeader HeaderFor(const ClientOptions& options, const ProtocolChoice& choice, WaitMode wait,
                        const EndCpus& cpus) {
  return {.protocol_id = choice.info->id,
          .protocol_parameter = choice.parameter,
          .message_bytes = options.message_bytes,
          .wants_echo = options.echo != nullptr,
          .wait = wait,
          .cpu = cpus.receiver,
          .nonce = choice.info->payload ? static_cast<std::uint32_t>(std::random_device()()) : 0};
}

Status ReceiveEcho(KernelLink& link, ProtocolMenu menu, Sink& sink) {
  SendOver(link);  // or the server's next signal could coalesce with its verdict
  const auto admit = [](const MessageHeader&) { return Status::kOk; };
  const Status status = ReceiveMessage(link, menu, kUnknownLength, admit, sink).status;
  return status == Status::kOutputFailed ? Status::kReplyFailed : status;
}

}  // namespace

Delivery Deliver(const ClientOptions& options, ProtocolMenu menu, const ProtocolChoice& choice,
                 Source& source) {
  Delivery delivery;
  PrepareSignals(kClientName);  // first: until then a foreign signal ends us
  const bool is_long = options.message_bytes >= choice.info->together_from;
  const Pin pin = ResolvePin(options.pin, is_long, options.message_bytes);
  const Placed placed = PinSender(pin);
  if (!placed.problem.empty()) {
    delivery.status = Status::kSystemFailed;
    delivery.remedy = placed.problem;
    return delivery;
  }
  Connector connector(options);
  std::optional<Process> session;
  delivery.status = connector.Connect(&session);
  delivery.signals_sent = connector.requests();
  if (delivery.status != Status::kOk) {
    delivery.remedy = connector.remedy();
    return delivery;
  }
  const MessageHeader header =
      HeaderFor(options, choice, ResolveWait(options.wait, pin), placed.cpus);
  KernelLink link(std::move(*session), header.wait, options.timeout);
  link.set_nonce(header.nonce);
  delivery.status = SendMessage(link, choice, header, source, options.progress, &delivery.stats);
  const bool delivered = delivery.status == Status::kOk;
  if (delivered && options.echo != nullptr) {
    delivery.status = ReceiveEcho(link, menu, *options.echo);
  }
  delivery.status = link.Cause(delivery.status);
  delivery.remedy = Remedy(delivery.status);
  const bool reply_missing =
      delivered && delivery.status != Status::kOk && delivery.status != Status::kReplyFailed;
  if (reply_missing) delivery.remedy = "the message was delivered, only its echo is missing";
  delivery.signals_sent += link.counters().sent;
  delivery.signals_received = link.counters().received + 1;  // with the session's first
  return delivery;
}

int ExitCode(Status status) {
  constexpr int kGivenUp = 1;
  constexpr int kTryLater = EX_TEMPFAIL;
  switch (status) {
    case Status::kOk:
      return EX_OK;
    case Status::kTimedOut:
    case Status::kPeerDied:
    case Status::kGarbled:
    case Status::kInterfered:
    case Status::kDegraded:
      return kTryLater;
    case Status::kNotPermitted:
      return EX_NOPERM;
    case Status::kNoProcess:
    case Status::kNotAServer:
    case Status::kTakesNoBits:
    case Status::kOtherVersion:
      return EX_UNAVAILABLE;
    case Status::kDamaged:
    case Status::kGaveUp:
    case Status::kTooLarge:
    case Status::kOutputFailed:
    case Status::kReplyFailed:
      return kGivenUp;
    case Status::kUnknownProtocol:
    case Status::kNoEcho:
      return EX_USAGE;
    case Status::kInputFailed:
      return EX_NOINPUT;
    case Status::kSystemFailed:
      return EX_OSERR;
  }
  return EX_OSERR;
}

}  // namespace minitalk

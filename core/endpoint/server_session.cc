#include "core/endpoint/server_session.h"

#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "core/endpoint/server_output.h"
#include "core/os/kernel_link.h"
#include "core/os/placement.h"
#include "core/os/process_facts.h"
#include "core/os/signals.h"
#include "core/wire/handshake.h"
#include "core/wire/turn.h"

namespace minitalk {
namespace {

class ServerSession {
 public:
  ServerSession(const ServerOptions& options, ProtocolMenu menu, const Log& log, Output& output,
                KernelLink& link)
      : options_(options), menu_(menu), log_(log), output_(output), link_(link) {}

  int Run() {
    SendAccept();
    Spool echo;
    const Reception reception = Receive(&echo);
    if (reception.status != Status::kOk) return Report(reception);
    log_.Detail("client {}: {} bytes over {} in {:.3f} s, {} retries{}", link_.peer().pid(),
                reception.stats.bytes, reception.choice->Name(), reception.stats.seconds,
                reception.stats.retries, DescribeThreads());
    if (reception.header.wants_echo) SendEcho(reception, echo);
    return EX_OK;
  }

 private:
  // The session's first signal: from it the client learns our pid.
  void SendAccept() { link_.Send(kAccept.signal, kAccept.lane); }

  Reception Receive(Spool* echo) {
    MessageHeader header;
    const auto admit = [&](const MessageHeader& received) {
      header = received;
      return Admit(received);
    };
    const auto to_json = [&](std::string_view text, const TransferStats& stats) {
      const auto choice = ChooseProtocol(menu_, header.protocol_id, header.protocol_parameter);
      return options_.to_json(link_.peer().pid(), choice ? choice->Name() : "?", text, stats);
    };
    OutputSink sink(output_, log_, to_json);
    Reception reception = ReceiveMessage(link_, menu_, options_.max_message_bytes, admit, sink);
    if (header.wants_echo) *echo = sink.TakeSpool();
    return reception;
  }

  Status Admit(const MessageHeader& header) {
    const bool length_known = header.message_bytes != kUnknownLength;
    if (length_known && header.message_bytes > options_.max_message_bytes) return Status::kTooLarge;
    if (header.wants_echo && !options_.echo) return Status::kNoEcho;
    if (header.cpu && !PinTo(*header.cpu)) {
      log_.Say("cannot run on CPU {}, as client {} asks: {}", *header.cpu, link_.peer().pid(),
               std::strerror(errno));
    }
    link_.set_wait_mode(header.wait);
    link_.set_nonce(header.nonce);
    return Status::kOk;
  }

  void SendEcho(const Reception& reception, const Spool& echo) {
    const auto text = echo.Text();
    if (!text) {
      log_.Say("client {}: no echo: {}", link_.peer().pid(), std::strerror(errno));
      return;
    }
    MemorySource source(std::as_bytes(std::span(*text)));
    MessageHeader header = reception.header;
    header.message_bytes = text->size();
    TransferStats stats;
    const Status status = AwaitOver(link_)
                              ? SendMessage(link_, *reception.choice, header, source, {}, &stats)
                              : link_.status();
    if (status != Status::kOk) {
      log_.Say("client {}: the echo failed: {}", link_.peer().pid(), ToString(link_.Cause(status)));
    }
  }

  std::string DescribeThreads() {
    const std::size_t count = link_.thread_count();
    if (count == 0) return "";
    const std::chrono::duration<double, std::milli> setup = link_.thread_setup();
    return fmt::format(", {} threads made in {:.1f} ms", count, setup.count());
  }

  int Report(const Reception& reception) {
    const bool never_spoke =
        reception.status == Status::kPeerDied && link_.counters().received == 0;
    if (never_spoke) {
      log_.Detail("client {} was gone before it said anything", link_.peer().pid());
    } else {
      const std::uint64_t bytes = reception.stats.bytes;
      log_.Say("client {}: {}{}; {}", link_.peer().pid(), ToString(link_.Cause(reception.status)),
               bytes > 0 ? fmt::format(" after {} good bytes", bytes) : "",
               reception.committed ? "the message was printed, but the client was not told"
                                   : "nothing was printed");
    }
    return EX_TEMPFAIL;
  }

  const ServerOptions& options_;
  ProtocolMenu menu_;
  const Log& log_;
  Output& output_;
  KernelLink& link_;
};

}  // namespace

int RunServerSession(const ServerOptions& options, ProtocolMenu menu, const Log& log,
                     Output& output, Process client, const SessionOptions& session) {
  SetProcessName(kSessionName);
  RestoreDefault(SIGTERM);  // it may have been inherited as ignored
  Unblock({SIGCHLD, SIGTERM, SIGINT, SIGHUP});

  if (session.cpu && std::ranges::count(AllowedCpus(), *session.cpu) > 0) PinTo(*session.cpu);
  KernelLink link(std::move(client), ResolveWait(WaitMode::kAuto, Pin::kNone),
                  options.idle_timeout);
  link.set_most_threads(session.most_threads);
  return ServerSession(options, menu, log, output, link).Run();
}

}  // namespace minitalk

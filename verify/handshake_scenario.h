// The scenario of whole conversations: a server that forks a session for each client that asks,
// and clients that call it and send a message. The handshake is core/wire/handshake, the transfer
// is core/wire/session over a protocol: the code of the programs, without their system calls.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/wire/session.h"
#include "protocols/registry.h"
#include "verify/explorer.h"

namespace minitalk::verify {

// Who takes part, and what goes over the wire.
struct HandshakeSetup {
  Rules rules = {};
  std::size_t clients = 1;
  std::size_t most_sessions = 2;
  // The last client starts only when all others have ended and the server is idle again.
  bool last_is_fresh = false;
  // Whole messages with header, frames and checksums; or, where two clients' steps multiply, four
  // acknowledged bits and a verdict.
  bool whole_messages = true;
  ProtocolMenu menu = AllProtocols();
  std::string protocol = "ack";   // of the menu; of whole messages' bodies
  std::size_t message_bytes = 1;  // of whole messages
  // How long a client sends connect requests; after that it may end unserved.
  std::chrono::milliseconds connect_timeout{50};
};

// Must hold: what is printed is what one client sent, whole and at most once; a client that is told
// "delivered" has been printed; every client that was not killed is served, or has timed out
// where timers fire at any time, or has lost its session where a link timed out; everybody
// but the server comes to an end.
class Handshake final : public Scenario {
 public:
  explicit Handshake(HandshakeSetup setup) : setup_(std::move(setup)) {}

  const Rules& rules() const override { return setup_.rules; }
  void Build(World& world) override;
  std::optional<Violation> Judge(const World& world, bool at_end) override;
  std::uint64_t Digest() const override;

 private:
  struct Client {
    Pid pid = 0;
    std::string message;
    Pid session = 0;
    std::optional<Status> status = std::nullopt;  // once it has ended
    int printed = 0;
  };

  void Serve(World& world, Process& self);
  void AwaitOthers(const World& world, Process& self);
  void RunSession(World& world, Process& self, Pid client);
  void RunClient(const World& world, Process& self, Client& client);
  Status Deliver(const World& world, Process& self, Client& client);
  void Print(const std::string& text);

  HandshakeSetup setup_;
  std::vector<Client> clients_;
  std::vector<Pid> sessions_;
  bool loses_ = false;  // the protocol, so that a refusal is a proper end
  std::string wrong_;   // what was printed that nobody sent
};

// How it was done before there were sessions: one server process, whose slots all clients share.
// It takes messages of `kBits` bits and acknowledges each bit to whoever sent it.
class SharedSlots final : public Scenario {
 public:
  static constexpr std::size_t kBits = 2;

  const Rules& rules() const override { return rules_; }
  void Build(World& world) override;
  std::optional<Violation> Judge(const World& world, bool at_end) override;

 private:
  void Serve(Process& self);
  Rules rules_{.kills = 1};
  std::string wrong_;
};

}  // namespace minitalk::verify

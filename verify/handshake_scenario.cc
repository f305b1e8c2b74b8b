#include "verify/handshake_scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <functional>

#include "core/wire/handshake.h"
#include "core/wire/stop_and_wait.h"
#include "core/wire/turn.h"
#include "verify/sim_link.h"

namespace minitalk::verify {
namespace {

constexpr Pid kServer = 1;
// Of SharedSlots.
constexpr Pid kClientA = 2;
constexpr Pid kClientB = 3;

// The calls of the handshake, in the simulated world.
class SimConnectCalls final : public ConnectCalls {
 public:
  SimConnectCalls(const World& world, Process& self, const std::vector<Pid>& sessions)
      : world_(world), self_(self), sessions_(sessions) {}

  Status SendRequest() override {
    self_.Send(kServer, {Signal::kUsr1, Lane::kShared, {.code = SI_USER}});
    return Status::kOk;
  }
  std::optional<Reply> Take(std::chrono::nanoseconds timeout) override {
    const Waited waited = self_.Wait(timeout, 0);
    if (!waited.signal) return std::nullopt;
    return Reply{waited.signal->signal, waited.signal->info.sender};
  }
  bool IsSession(pid_t pid) override {
    return self_.Do("looks who it is", [&] {
      const bool is_one = std::ranges::count(sessions_, pid) == 1 && world_.process(pid).alive();
      return std::uint64_t{is_one ? 1u : 0u};
    }) != 0;
  }
  bool ServerAlive() override { return true; }
  std::chrono::nanoseconds Now() override { return self_.Now(); }

 private:
  const World& world_;
  Process& self_;
  const std::vector<Pid>& sessions_;
};

// Collects a message and tells when it is whole.
class PrintingSink final : public Sink {
 public:
  explicit PrintingSink(std::function<void(const std::string&)> print) : print_(std::move(print)) {}
  Status Append(std::span<const std::byte> bytes) override {
    for (const std::byte byte : bytes) text_ += static_cast<char>(byte);
    return Status::kOk;
  }
  Status Commit(const TransferStats&) override {
    print_(text_);
    return Status::kOk;
  }

 private:
  std::function<void(const std::string&)> print_;
  std::string text_;
};

// Half a byte, for the short exchange.
Bits Nibble(std::span<const std::byte, 1> byte) { return {byte, 4}; }

}  // namespace

void Handshake::Build(World& world) {
  loses_ = !ChooseProtocol(setup_.menu, setup_.protocol)->info->loss_free;
  clients_.clear();
  sessions_.clear();
  wrong_.clear();
  world.Add("server", [this, &world](Process& self) { Serve(world, self); });
  clients_.resize(setup_.clients);
  for (std::size_t i = 0; i < setup_.clients; ++i) {
    Client& client = clients_[i];
    client.message = setup_.whole_messages
                         ? std::string(setup_.message_bytes, static_cast<char>('A' + i))
                         : std::string(1, static_cast<char>(0x50 + 0x50 * i));
    Process& process =
        world.Add(fmt::format("client {}", static_cast<char>('A' + i)),
                  [this, &world, i](Process& self) { RunClient(world, self, clients_[i]); });
    client.pid = process.pid();
    const bool is_fresh = setup_.last_is_fresh && i + 1 == setup_.clients;
    if (setup_.rules.kills > 0 && !is_fresh) process.set_mortal();
  }
}

void Handshake::Serve(World& world, Process& self) {
  SessionTable table(setup_.most_sessions);
  for (;;) {
    const Waited waited = self.Wait(Link::kUntilTimeout, 0);
    if (!waited.signal) continue;
    if (waited.signal->signal == Signal::kUsr2) {  // SIGCHLD
      const auto ended = self.Do("reaps its children", [&] {
        std::uint64_t bits = 0;
        for (const Pid session : sessions_) {
          if (!world.process(session).alive()) bits |= std::uint64_t{1} << session;
        }
        return bits;
      });
      for (Pid pid = 1; pid < 64; ++pid) {
        if ((ended >> pid & 1) != 0) table.Remove(pid);
      }
      continue;
    }
    const Pid client = waited.signal->info.sender;
    if (table.Decide(client) != SessionTable::Decision::kAdmit) continue;
    const auto session = self.Do("forks a session", [&]() -> std::uint64_t {
      if (!world.process(client).alive()) return 0;
      const Process& forked = world.Add(
          "session", [this, &world, client](Process& fork) { RunSession(world, fork, client); },
          &self);
      sessions_.push_back(forked.pid());
      return static_cast<std::uint64_t>(forked.pid());
    });
    if (session != 0) table.Add(client, static_cast<Pid>(session));
  }
}

void Handshake::RunSession(World& world, Process& self, Pid client) {
  SimLink link(self, client, true, &world);
  link.Send(kAccept.signal, kAccept.lane);
  PrintingSink sink([this](const std::string& text) { Print(text); });
  if (setup_.whole_messages) {
    const auto admit = [](const MessageHeader&) { return Status::kOk; };
    ReceiveMessage(link, setup_.menu, kUnknownLength, admit, sink);
  } else {
    std::array<std::byte, 1> byte{};
    const std::size_t bits = ReceiveBits(link, {byte, 4});
    if (bits == 4 && AwaitOver(link)) {
      sink.Append(byte);
      sink.Commit({});
      SendVerdict(link, Status::kOk);
    }
  }
  self.Exit();
}

Status Handshake::Deliver(const World& world, Process& self, Client& client) {
  SimConnectCalls system(world, self, sessions_);
  const Connection connection = ConnectToServer(system, setup_.connect_timeout);
  if (connection.status != Status::kOk) return connection.status;
  client.session = connection.session;
  SimLink link(self, connection.session);
  const auto bytes = std::as_bytes(std::span(client.message));
  if (!setup_.whole_messages) {
    if (!SendBits(link, Nibble(bytes.first<1>()))) return link.status();
    SendOver(link);
    return AwaitVerdict(link);
  }
  const ProtocolChoice choice = *ChooseProtocol(setup_.menu, setup_.protocol);
  MessageHeader header;
  header.protocol_id = choice.info->id;
  header.protocol_parameter = choice.parameter;
  header.message_bytes = bytes.size();
  MemorySource source(bytes);
  TransferStats stats;
  return SendMessage(link, choice, header, source, {}, &stats);
}

void Handshake::AwaitOthers(const World& world, Process& self) {
  self.Until([this, &world] {
    const auto ended = [&](Pid pid) { return !world.process(pid).alive(); };
    return std::all_of(clients_.begin(), clients_.end() - 1,
                       [&](const Client& other) { return ended(other.pid); }) &&
           std::ranges::all_of(sessions_, ended);
  });
}

void Handshake::RunClient(const World& world, Process& self, Client& client) {
  const bool is_fresh = setup_.last_is_fresh && &client == &clients_.back();
  if (is_fresh) AwaitOthers(world, self);
  client.status = Deliver(world, self, client);
  self.set_outcome(static_cast<std::uint64_t>(*client.status) + 1);
  self.Exit();
}

void Handshake::Print(const std::string& text) {
  for (Client& client : clients_) {
    if (client.message != text) continue;
    ++client.printed;
    return;
  }
  wrong_ = text;
}

std::uint64_t Handshake::Digest() const {
  std::uint64_t digest = 0;
  for (const Client& client : clients_) {
    digest = digest * 4 + static_cast<std::uint64_t>(client.printed);
  }
  return digest;
}

std::optional<Violation> Handshake::Judge(const World& world, bool at_end) {
  if (!wrong_.empty()) return Violation{Verdict::kCorrupt, "something was printed that none sent"};
  for (const Client& client : clients_) {
    if (client.printed > 1) return Violation{Verdict::kCorrupt, "a message was printed twice"};
    if (client.status == Status::kOk && client.printed == 0) {
      return Violation{Verdict::kLoses, "a client was told of a delivery that was none"};
    }
  }
  if (!at_end) return std::nullopt;
  const bool may_give_up = setup_.rules.pauses == Rules::Pauses::kAnyTime;
  for (const Client& client : clients_) {
    if (world.process(client.pid).killed() || client.status == Status::kOk) continue;
    if (!client.status) return Violation{Verdict::kDeadlock, "a client waits for ever"};
    if (*client.status == Status::kTimedOut && may_give_up) continue;
    const bool gave_up = *client.status == Status::kTimedOut || *client.status == Status::kPeerDied;
    if (gave_up && setup_.rules.limits > 0) continue;
    if (*client.status == Status::kGaveUp && loses_) continue;
    return Violation{Verdict::kLoses,
                     fmt::format("a client ended with \"{}\"", ToString(*client.status))};
  }
  for (const Pid session : sessions_) {
    if (world.process(session).alive()) {
      return Violation{Verdict::kDeadlock, "a session waits for ever"};
    }
  }
  return std::nullopt;
}

void SharedSlots::Build(World& world) {
  wrong_.clear();
  world.Add("server", [this](Process& self) { Serve(self); });
  for (const bool bit : {false, true}) {
    const auto send = [&world, bit](Process& self) {
      if (bit) self.Until([&world] { return !world.process(kClientA).alive(); });
      SimLink link(self, kServer);
      for (std::size_t i = 0; i < kBits && SendBit(link, bit); ++i) {
      }
      self.Exit();
    };
    Process& client = world.Add(bit ? "client B" : "client A", send);
    if (!bit) client.set_mortal();
  }
}

void SharedSlots::Serve(Process& self) {
  std::string message;
  for (;;) {
    const Waited waited = self.Wait(Link::kUntilTimeout, 0);
    if (!waited.signal) continue;
    const Signal signal = waited.signal->signal;
    message += BitOf(signal) ? '1' : '0';
    if (message.size() == kBits) {
      if (message != "00" && message != "11") wrong_ = message;
      message.clear();
    }
    self.Send(waited.signal->info.sender, {signal, Lane::kShared, {.code = SI_USER}});
  }
}

std::optional<Violation> SharedSlots::Judge(const World& world, bool at_end) {
  if (!wrong_.empty()) {
    return Violation{Verdict::kCorrupt, "the message " + wrong_ + " is half A's and half B's"};
  }
  const bool b_waits = at_end && !world.process(kClientB).finished();
  if (b_waits) return Violation{Verdict::kDeadlock, "client B waits for ever"};
  return std::nullopt;
}

}  // namespace minitalk::verify

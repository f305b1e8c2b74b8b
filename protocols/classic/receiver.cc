#include "protocols/classic/receiver.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "core/os/process_facts.h"

namespace minitalk::classic {
namespace {

// A client that has said nothing for so long and sleeps is waiting for something.
constexpr std::chrono::milliseconds kSilence{150};
// One that does not sleep may only have been kept from running, or it waits in a loop.
constexpr std::chrono::milliseconds kLongSilence{1000};

std::size_t Index(Signal signal) { return signal == Signal::kUsr1 ? 0 : 1; }

Effect EffectOn(const Process& process, Signal signal) {
  const auto facts = InspectProcess(process.pid());
  return facts ? EffectOf(process.pid(), *facts, signal) : Effect::kHarm;
}

// Silent on purpose, as far as one can see: a process that is stopped would go on. One that sleeps
// although a signal is pending waits for no signal.
bool Waits(const Process& process, std::chrono::milliseconds silent, Reader::Takes* takes) {
  if (silent < kSilence) return false;
  const pid_t pid = process.pid();
  const auto facts = InspectProcess(pid);
  if (!facts || facts->state == 'T') return false;
  if (HasPending(*facts)) return facts->state == 'S';
  *takes = {.usr1 = EffectOf(pid, *facts, Signal::kUsr1) == Effect::kTaken,
            .usr2 = EffectOf(pid, *facts, Signal::kUsr2) == Effect::kTaken};
  return facts->state == 'S' || silent >= kLongSilence;
}

}  // namespace

Receiver::Receiver(const ReceiverOptions& options, const Log& log, Deliver deliver)
    : options_(options), log_(log), deliver_(std::move(deliver)) {}

void Receiver::Take(const Caught& caught) {
  if (caught.sender == 0) {
    log_.Detail("ignored a signal whose sender the kernel does not vouch for");
    return;
  }
  Client* client = Find(caught.sender);
  if (client == nullptr || client->ignored) return;
  const auto now = Clock::now();
  if (client->reader->AtRest()) client->begun = now;
  client->last_bit = now;
  client->silent = client->unmoved = {};
  Follow(*client, client->reader->OnBit(SignalOf(caught.signal)));
}

// Who sent it; null if it is not to be listened to.
Receiver::Client* Receiver::Find(pid_t pid) {
  const auto known = clients_.find(pid);
  if (known == clients_.end()) return Admit(pid);
  // It may have ended since it sent this, or another process may have got its pid: that one lives.
  if (known->second.process.Alive()) return &known->second;
  std::optional<Process> other;
  if (Process::Open(pid, &other) != Status::kOk) return &known->second;
  End(known->second);
  clients_.erase(known);
  return Admit(pid);
}

Receiver::Client* Receiver::Admit(pid_t pid) {
  std::optional<Process> process;
  if (Process::Open(pid, &process) != Status::kOk) {
    log_.Detail("client {} was gone before it was looked at", pid);
    return nullptr;
  }
  if (clients_.size() >= options_.max_clients && !MakeRoom()) {
    if (std::exchange(refused_, pid) != pid) {
      log_.Say("full: client {} is not listened to; try a larger --max-sessions", pid);
    }
    return nullptr;
  }
  Client client{.process = std::move(*process),
                .reader = NewReader(options_.format, options_.max_message_bytes,
                                    static_cast<std::uint64_t>(pid))};
  return &clients_.emplace(pid, std::move(client)).first->second;
}

// Forgets those who have nothing more to say: the dead, and who is between two messages. One that
// is ignored and lives is not forgotten, or the rest of its message would be taken for another one.
bool Receiver::MakeRoom() {
  std::erase_if(clients_, [](const auto& entry) {
    const Client& client = entry.second;
    const bool at_rest = client.reader->AtRest() && !client.reader->AwaitsSilence();
    return at_rest ? !client.ignored || !client.process.Alive()
                   : client.ignored && !client.process.Alive();
  });
  return clients_.size() < options_.max_clients;
}

void Receiver::Follow(Client& client, const Reader::Outcome& outcome) {
  if (!outcome.found.empty()) log_.Say("client {} {}", client.process.pid(), outcome.found);
  if (outcome.too_long) {
    Ignore(client, "its message is, or claims to be, longer than --max-message; not printed");
  } else if (outcome.bad) {
    Ignore(client, "its signals are not in this format; not printed");
  } else if (!HandOn(client, outcome)) {
    Ignore(client, "its message could not be written out");
  } else if (outcome.answer) {
    Answer(client, *outcome.answer);
  }
}

bool Receiver::HandOn(Client& client, const Reader::Outcome& outcome) {
  return std::all_of(outcome.messages.begin(), outcome.messages.end(),
                     [&](const std::string& text) {
                       const std::chrono::duration<double> lasted = client.last_bit - client.begun;
                       return deliver_({.client = client.process.pid(),
                                        .format = client.reader->format(),
                                        .text = text,
                                        .seconds = lasted.count()});
                     });
}

void Receiver::Answer(Client& client, Signal signal) {
  Trust& trust = client.trust[Index(signal)];
  if (trust == Trust::kUnknown) {
    const Effect effect = EffectOn(client.process, signal);
    if (effect == Effect::kTaken) trust = Trust::kTakes;
    if (effect == Effect::kBlocked) trust = Trust::kBlockedOnce;
  }
  if (trust == Trust::kTakes) {
    Send(client, signal);
  } else if (trust != Trust::kDoesNot) {
    // It may be about to begin its wait, or to unblock what would then kill it.
    if (!client.owed) client.owed_long = false;
    client.owed = signal;
  }
}

// At a tick, so a while after the first inspection.
void Receiver::AnswerLater(Client& client) {
  const Signal signal = *std::exchange(client.owed, std::nullopt);
  Trust& trust = client.trust[Index(signal)];
  const Effect effect = EffectOn(client.process, signal);
  const bool still_blocked = effect == Effect::kBlocked && trust == Trust::kBlockedOnce;
  trust = effect == Effect::kTaken || still_blocked ? Trust::kTakes : Trust::kDoesNot;
  if (trust == Trust::kTakes) return Send(client, signal);
  if (!client.process.Alive()) return;
  log_.Say(
      "client {} does not catch {}, which would kill it: it gets no answer; is another "
      "acksig= or ack=none right?",
      client.process.pid(), ToString(signal));
}

void Receiver::Send(Client& client, Signal signal) {
  const auto delay = client.reader->format().delay;
  if (delay.count() > 0) std::this_thread::sleep_for(delay);
  const Status status = client.process.Send(NumberOf(signal));
  // One that has ended is seen to at the next tick.
  if (status == Status::kOk || status == Status::kPeerDied) return;
  Ignore(client, ToString(status));
}

void Receiver::Tick() {
  for (auto at = clients_.begin(); at != clients_.end();) {
    const bool ended = at->second.ended;
    if (ended) End(at->second);
    at = ended ? clients_.erase(at) : std::next(at);
  }
  for (auto& [pid, client] : clients_) Inspect(client);
}

void Receiver::Inspect(Client& client) {
  client.ended = !client.process.Alive();
  if (client.ended || client.ignored) return;
  client.silent += kTick;
  client.unmoved += kTick;
  if (client.owed && std::exchange(client.owed_long, true)) AnswerLater(client);
  Reader::Takes takes;
  if (client.reader->AwaitsSilence() && Waits(client.process, client.unmoved, &takes)) {
    client.unmoved = {};
    Follow(client, client.reader->OnSilence(takes));
  }
  if (!client.reader->AtRest() && client.silent > options_.idle_timeout) {
    Ignore(client, "silent for longer than --idle-timeout; what it began is not printed");
  }
}

void Receiver::Ignore(Client& client, std::string_view why) {
  log_.Say("client {}: {}; it is ignored until it ends", client.process.pid(), why);
  client.ignored = true;
  client.owed.reset();
}

// It has ended, and so have its signals.
void Receiver::End(Client& client) {
  if (client.ignored) return;
  Follow(client, client.reader->OnEnd());
  if (client.ignored || client.reader->AtRest()) return;
  log_.Say("client {} ended in the middle of a message; nothing of it is printed",
           client.process.pid());
}

bool Receiver::Busy() const {
  return std::any_of(clients_.begin(), clients_.end(), [](const auto& entry) {
    const Client& client = entry.second;
    return !client.ignored &&
           (client.owed || !client.reader->AtRest() || client.reader->AwaitsSilence());
  });
}

}  // namespace minitalk::classic

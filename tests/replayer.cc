#include "replayer.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <csignal>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "gated_link.h"
#include "signal_probe.h"

namespace minitalk {
namespace {

using verify::Pid;
using verify::Step;
using verify::Verdict;
using Kind = verify::Transition::Kind;
using Wish = Call::Wish;

// The machine has left the prediction.
struct Departure {
  std::string text;
};

// Once a stranger has disturbed it KernelLink waits for a second only. On a loaded machine it may
// have done so before we look: nothing came, which is as good as being seen asleep.
bool WaitedInVain(const Call& call) {
  return call.status == Status::kInterfered && !call.looked.arrival && call.looked.foreign == 0;
}

// A process and what the test knows of it.
struct Actor {
  enum class State : std::uint8_t { kAtGate, kAsleep, kEnded, kDead };
  std::string name;
  Channel channel;
  std::unique_ptr<Child> child;
  Call call;  // its latest
  State state = State::kAtGate;

  pid_t pid() const { return child->pid(); }
  Slots pending() const { return PendingSlots(pid()); }
};

class Replayer {
 public:
  Replayer(const Prediction& prediction, std::chrono::milliseconds timeout)
      : prediction_(prediction), timeout_(timeout) {}

  Replayed Run() {
    try {
      Start();
      for (const Step& step : prediction_.steps) {
        const std::string happened = Do(step);
        if (happened != step.text) {
          throw Departure{fmt::format("{}, and not: {}", happened, step.text)};
        }
        ++result_.steps;
      }
      Finish();
    } catch (const Departure& departure) {
      result_.departure = fmt::format("after {} steps: {}", result_.steps, departure.text);
    }
    return result_;
  }

 private:
  Actor& ActorOf(Pid pid) { return actors_.at(static_cast<std::size_t>(pid - 1)); }
  const verify::TransferSetup& setup() const { return prediction_.setup; }

  void Start();
  void StartSide(Pid pid, const std::vector<std::byte>& blank);
  void StartStranger();
  void AwaitCall(Actor& actor);
  void Release(Actor& actor, Permit::Kind kind);
  void AwaitSleep(Actor& actor);
  std::string Do(const Step& step);
  std::string Proceed(Actor& actor, const Step& step);
  std::string Send(Actor& actor);
  std::string Take(Actor& actor, const Step& step);
  std::string EndWait(Actor& actor);
  std::string RunHandlers(Actor& actor);
  std::string StrangerSends(Actor& target, const Step& step);
  std::string Kill(Actor& actor);
  std::string NameTaken(const Actor& actor, Slots left) const;
  void Finish();
  bool HasWrongBit() const;
  Verdict Judge() const;

  const Prediction& prediction_;
  std::chrono::milliseconds timeout_;
  std::array<Actor, 2> actors_;
  Channel stranger_channel_;
  std::unique_ptr<Child> stranger_;
  struct Behind {
    Pid actor;
    std::string text;
  };
  std::optional<Behind> behind_;  // what was taken together with the step before
  Replayed result_;
};

void Replayer::Start() {
  std::vector<std::byte> blank = prediction_.message.bytes;
  if (prediction_.blank == verify::Transfer::Blank::kComplement) {
    for (std::byte& byte : blank) byte = ~byte;
  }
  if (blank.size() > Call::kMostBytes) throw Departure{"the message is too long"};
  StartSide(verify::kSender, blank);
  StartSide(verify::kReceiver, blank);
  if (setup().rules.foreign_signals > 0) StartStranger();
  for (Actor& actor : actors_) AwaitCall(actor);
  actors_[0].channel.Put(Permit{.peer = actors_[1].pid()});
  actors_[1].channel.Put(Permit{.peer = actors_[0].pid()});
  for (Actor& actor : actors_) AwaitCall(actor);
}

void Replayer::StartSide(Pid pid, const std::vector<std::byte>& blank) {
  Actor& actor = ActorOf(pid);
  actor.name = pid == verify::kSender ? "sender" : "receiver";
  Channel::Ends ends = Channel::MakePair();
  actor.channel = std::move(ends.test);
  actor.child = std::make_unique<Child>([&] {
    actor.channel.Close();
    PlaySide(ends.process, setup(), pid, prediction_.message, blank);
    return std::string();
  });
}

void Replayer::StartStranger() {
  Channel::Ends ends = Channel::MakePair();
  stranger_channel_ = std::move(ends.test);
  stranger_ = std::make_unique<Child>([&] {
    stranger_channel_.Close();
    PlayStranger(ends.process);
    return std::string();
  });
}

// Until it stands before the gate again, or has come to its end.
void Replayer::AwaitCall(Actor& actor) {
  const auto call = actor.channel.Get<Call>(timeout_);
  if (!call) throw Departure{fmt::format("the {} does not come back", actor.name)};
  actor.call = *call;
  if (call->wish == Wish::kNothing) actor.state = Actor::State::kEnded;
  if (&actor == &ActorOf(verify::kReceiver)) {
    const auto size = static_cast<std::ptrdiff_t>(prediction_.message.bytes.size());
    result_.received.assign(call->buffer.begin(), call->buffer.begin() + size);
  }
}

void Replayer::Release(Actor& actor, Permit::Kind kind) {
  if (actor.state != Actor::State::kAtGate) {
    throw Departure{fmt::format("the {} has nothing to do any more", actor.name)};
  }
  actor.channel.Put(Permit{.kind = kind});
}

// Until it sleeps for a signal with nothing pending: then nothing will wake it that is not sent
// later. Several looks, though one would do.
void Replayer::AwaitSleep(Actor& actor) {
  constexpr int kLooks = 3;
  int asleep = 0;
  const auto end = std::chrono::steady_clock::now() + timeout_;
  while (asleep < kLooks) {
    if (const auto call = actor.channel.Get<Call>(std::chrono::milliseconds(1))) {
      if (WaitedInVain(*call) && actor.pending() == 0) break;
      throw Departure{fmt::format("the {} does not sleep", actor.name)};
    }
    const bool sleeps = SleepsForSignal(actor.pid()) && actor.pending() == 0;
    asleep = sleeps ? asleep + 1 : 0;
    if (std::chrono::steady_clock::now() > end) {
      throw Departure{fmt::format("the {} finds no sleep", actor.name)};
    }
  }
  actor.state = Actor::State::kAsleep;
}

std::string Replayer::Do(const Step& step) {
  Actor& actor = ActorOf(step.transition.actor);
  // A link that drops a stranger's signal goes on to the one behind it in the same look: that is
  // this step, provided that nobody did anything in between.
  if (const auto already = std::exchange(behind_, std::nullopt)) {
    if (already->actor != step.transition.actor) throw Departure{"a link has looked too far"};
    return already->text;
  }
  switch (step.transition.kind) {
    case Kind::kProceed:
      return Proceed(actor, step);
    case Kind::kNothing:
    case Kind::kDeath:
      return EndWait(actor);
    case Kind::kHandler:
      return RunHandlers(actor);
    case Kind::kForeign:
      return StrangerSends(actor, step);
    case Kind::kKill:
      return Kill(actor);
    default:
      return "nothing: no real process can be made to do that";
  }
}

std::string Replayer::Proceed(Actor& actor, const Step& step) {
  switch (actor.call.wish) {
    case Wish::kSend:
      return Send(actor);
    case Wish::kWait:
      return Take(actor, step);
    case Wish::kPause:
      Release(actor, Permit::Kind::kGo);
      AwaitSleep(actor);
      return "pauses";
    default:
      return "nothing: it has ended";
  }
}

// The sender of a signal cannot know that it vanishes; whoever looks at the slots can.
std::string Replayer::Send(Actor& actor) {
  Actor& target = &actor == actors_.data() ? actors_[1] : actors_[0];
  const Call call = actor.call;
  const Slots slot = SlotOf(call.signal, call.lane);
  const Slots before = target.pending();
  Release(actor, Permit::Kind::kGo);
  AwaitCall(actor);
  // What lies in the slots of one that has ended nobody will see.
  const bool counts = target.state == Actor::State::kAtGate;
  if (counts && target.pending() != (before | slot)) return "sends something else";
  const bool vanishes = counts && (before & slot) != 0;
  return fmt::format("sends {}{}", DescribeSlot(slot), vanishes ? ", which vanishes" : "");
}

std::string Replayer::Take(Actor& actor, const Step& step) {
  const bool sees = setup().sender_handlers && &actor == &ActorOf(verify::kSender);
  const bool drops = setup().checks_sender && step.text.ends_with(", a foreign one");
  const Slots before = actor.pending();
  Release(actor, drops ? Permit::Kind::kLook : Permit::Kind::kGo);
  AwaitCall(actor);
  Slots left = before & ~actor.pending();
  if (drops && actor.call.looked.arrival && actor.call.looked.foreign == 1) {
    const Slots behind = SlotOf(actor.call.looked.arrival->signal, actor.call.looked.arrival->lane);
    behind_ = Behind{step.transition.actor, "takes " + DescribeSlot(behind)};
    left &= ~behind;
    actor.call.looked.arrival.reset();
  }
  const std::string taken = NameTaken(actor, left);
  return taken.empty() ? EndWait(actor) : fmt::format("{} {}", sees ? "sees" : "takes", taken);
}

// `left`: what is no longer pending. Handlers take all that is pending at once, one look at their
// notes shows one.
std::string Replayer::NameTaken(const Actor& actor, Slots left) const {
  const Looked& looked = actor.call.looked;
  const bool noted = setup().sender_handlers || setup().order == verify::Order::kNested;
  const std::string foreign = looked.foreign > 0 ? ", a foreign one" : "";
  if (looked.arrival) {
    const Slots slot = SlotOf(looked.arrival->signal, looked.arrival->lane);
    if (!noted && left != slot) return "more than it says";
    return DescribeSlot(slot) + foreign;
  }
  if (looked.foreign == 0) return left == 0 ? "" : "something and says nothing";
  return std::popcount(left) == 1 ? DescribeSlot(left) + foreign : "several foreign ones";
}

std::string Replayer::EndWait(Actor& actor) {
  if (actor.state == Actor::State::kAtGate && actor.call.wish != Wish::kWait)
    return "does not wait";
  Release(actor, Permit::Kind::kGo);
  AwaitCall(actor);
  if (actor.call.looked.arrival || actor.call.looked.foreign > 0) return "finds something";
  return actor.call.status == Status::kPeerDied ? "learns of its peer's death" : "finds nothing";
}

std::string Replayer::RunHandlers(Actor& actor) {
  const Slots before = actor.pending();
  Release(actor, Permit::Kind::kHandlers);
  AwaitCall(actor);
  const auto& arrival = actor.call.looked.arrival;
  if (!arrival) return "handles nothing, or several signals";
  const Slots slot = SlotOf(arrival->signal, arrival->lane);
  return (before & ~actor.pending()) == slot ? "handles " + DescribeSlot(slot) : "handles more";
}

std::string Replayer::StrangerSends(Actor& target, const Step& step) {
  const auto& [kind, pid, signal, lane] = step.transition;
  const Slots slot = SlotOf(signal, lane);
  const Slots before = target.pending();
  const char letter = kAllSlots[static_cast<std::size_t>(std::countr_zero(slot))];
  stranger_channel_.Put(StrangerOrder{.target = target.pid(), .slot = letter});
  const auto sent = stranger_channel_.Get<bool>(timeout_);
  if (!sent || !*sent) return "is out of the stranger's reach";
  if (target.pending() != (before | slot)) return "gets something else";
  const bool vanishes = (before & slot) != 0;
  return fmt::format("gets a foreign {}{}", DescribeSlot(slot), vanishes ? ", which vanishes" : "");
}

std::string Replayer::Kill(Actor& actor) {
  kill(actor.pid(), SIGKILL);
  (void)actor.child->Result(timeout_);  // so that it is dead
  actor.state = Actor::State::kDead;
  return "is killed";
}

// Whoever still waits is let go, and must be seen to wait in vain.
void Replayer::Finish() {
  if (prediction_.blank == verify::Transfer::Blank::kMessage && HasWrongBit()) {
    result_.verdict = Verdict::kCorrupt;
    return;
  }
  for (Actor& actor : actors_) {
    if (actor.state != Actor::State::kAtGate) continue;
    const bool waits = actor.call.wish == Wish::kWait && actor.call.timeout == Link::kUntilTimeout;
    if (!waits || actor.pending() != 0) {
      throw Departure{fmt::format("the {} could go on", actor.name)};
    }
  }
  for (Actor& actor : actors_) {
    if (actor.state == Actor::State::kAtGate) {
      Release(actor, Permit::Kind::kForGood);
      actor.state = Actor::State::kAsleep;
    }
  }
  // From here on nobody does anything, so whoever sleeps now sleeps for ever.
  for (Actor& actor : actors_) {
    if (actor.state == Actor::State::kAsleep) AwaitSleep(actor);
  }
  result_.verdict = Judge();
}

bool Replayer::HasWrongBit() const {
  const verify::Message& message = prediction_.message;
  for (std::size_t i = 0; i < message.size; ++i) {
    if (GetBit(result_.received, i) != message.bits()[i]) return true;
  }
  return false;
}

// As verify::Transfer at the end of a run, but of what real processes did.
Verdict Replayer::Judge() const {
  using State = Actor::State;
  const auto& [sender, receiver] = actors_;
  const bool sent = sender.state == State::kEnded;
  const bool received = receiver.state == State::kEnded;
  if (sender.state == State::kDead || receiver.state == State::kDead) {
    const bool survivor_sleeps = sender.state == State::kAsleep || receiver.state == State::kAsleep;
    return survivor_sleeps ? Verdict::kDeadlock : Verdict::kLossFree;
  }
  if (sender.call.status != Status::kOk || receiver.call.status != Status::kOk) {
    return Verdict::kLoses;
  }
  if (!sent) return Verdict::kDeadlock;
  if (!received || receiver.call.count != prediction_.message.size) return Verdict::kLoses;
  return HasWrongBit() ? Verdict::kCorrupt : Verdict::kLossFree;
}

}  // namespace

Replayed ReplayOnMachine(const Prediction& prediction, std::chrono::milliseconds timeout) {
  return Replayer(prediction, timeout).Run();
}

}  // namespace minitalk

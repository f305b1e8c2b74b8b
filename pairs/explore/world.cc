#include "pairs/explore/world.h"

#include <algorithm>

#include "pairs/explore/descriptors.h"

namespace minitalk::explore {
namespace {

// As a server's children see them: five digits, as on a machine that has run for a while.
constexpr pid_t kFirstPid = 10001;

// Independent of the order, which the kernel forgets as well.
std::uint64_t HashOf(const std::vector<PendingSignal>& pending) {
  std::uint64_t sum = 0;
  for (const PendingSignal& signal : pending) {
    std::uint64_t hash = Mix(0, static_cast<std::uint64_t>(signal.number));
    hash = Mix(hash, static_cast<std::uint64_t>(signal.sender));
    sum += Mix(hash, signal.is_private ? 1 : 0);
  }
  return sum;
}

std::uint64_t Bits(VirtualTime time) { return static_cast<std::uint64_t>(time.count()); }

SignalSet AllPending(const Process& process) {
  SignalSet set = 0;
  for (const PendingSignal& signal : process.pending) set |= Bit(signal.number);
  return set;
}

}  // namespace

// The finalizer of SplitMix64.
std::uint64_t Mix(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) + 0x9E3779B97F4A7C15;
  hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9;
  hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EB;
  return hash ^ (hash >> 31);
}

World::World(const Rules& rules) : rules_(rules), stops_left_(rules.stops) {
  for (int i = 0; i < (rules.each_once ? 1 : rules.foreign); ++i) {
    foreign_left_.insert(foreign_left_.end(), rules.foreign_signals.begin(),
                         rules.foreign_signals.end());
  }
}

World::~World() {
  for (const Process& process : processes_) {
    if (process.at != At::kGone) process.tracee.Kill();
  }
}

int World::Start(const Launch& launch, int terminal, const std::string& name) {
  Process process;
  process.tracee = Tracee::Start(launch, terminal);
  process.pid = kFirstPid + static_cast<pid_t>(processes_.size());
  process.parent = 1;
  process.started = processes_.size();
  process.name = name;
  processes_.push_back(std::move(process));
  has_options_ = false;
  return static_cast<int>(processes_.size()) - 1;
}

bool World::CanBeCopied() const {
  return !shares_ && std::ranges::all_of(processes_, [](const Process& process) {
    return process.at == At::kCall && process.parent == 1;
  });
}

void World::Park() {
  for (Process& process : processes_) process.tracee.Park(process.entry);
}

void World::CopyFrom(const World& base) {
  for (const Process& original : base.processes_) {
    Process process = original;
    process.fresh = false;
    process.tracee = original.tracee.Copy(original.entry);
    processes_.push_back(std::move(process));
  }
  events_ = base.events_;
  now_ = base.now_;
  current_ = base.current_;
  announced_ = base.announced_;
  foreign_left_ = base.foreign_left_;
}

void World::RunAlone(int index, int most_steps, const std::function<bool(const World&)>& done) {
  const bool announced = std::exchange(announced_, true);
  for (int steps = 0;; ++steps) {
    const auto& options = Options();
    const auto mine = std::ranges::find(options, index, &Option::process);
    if (mine == options.end() || done(*this)) break;
    if (steps == most_steps) {
      throw CannotExplore(processes_[static_cast<std::size_t>(index)].name +
                          " does not come to an end of its start");
    }
    if (CanMove(index)) {
      Do(*mine);
    } else {
      break;
    }
  }
  announced_ = announced;
}

void World::Reset(int current) {
  current_ = current;
  has_options_ = false;
  events_.clear();
  idle_ = 0;
  const Process& server = processes_.front();
  announced_ = announced_ || (server.at == At::kCall && !CanMove(0)) || server.at == At::kSpinning;
}

void World::Refresh() {
  for (Process& process : processes_) {
    if (process.fresh || process.at == At::kGone) continue;
    process.pending = process.tracee.Pending();
    for (PendingSignal& signal : process.pending) {
      if (signal.code == SI_USER || signal.code == SI_TKILL) {
        signal.sender = VirtualPid(signal.sender);
      }
    }
    process.mask = process.tracee.GetMask();
    if (process.at == At::kCall) {
      const auto waiting = DescribeWaiting(process, now_);
      // A pause began when the process came there.
      const auto deadline = process.waiting.deadline;
      process.waiting = waiting;
      if (deadline) process.waiting.deadline = deadline;
    }
    process.fresh = true;
  }
}

// Whether something other than a signal or the time ends the call.
bool World::IsReady(const Process& process) const {
  if (process.call == Call::k_wait4 || process.call == Call::k_waitid) {
    bool has_children = false;
    for (const Process& child : processes_) {
      if (child.parent != process.pid || child.reaped) continue;
      if (child.at == At::kGone) return true;
      has_children = true;
    }
    return !has_children;
  }
  return process.waiting.ready || IsReadyByDescriptor(process);
}

// By itself or by what is pending; the end of a pause does not count.
bool World::CanMove(int index) const {
  const Process& process = processes_[static_cast<std::size_t>(index)];
  if (index == 1 && !announced_) return false;
  switch (process.at) {
    case At::kGone:
      return false;
    case At::kUser:
      return true;
    case At::kSpinning:
      return Deliverable(process, process.mask) != 0;
    case At::kCall:
      break;
  }
  const Waiting& waiting = process.waiting;
  return !waiting.sleeps || Deliverable(process, waiting.mask & process.mask) != 0 ||
         (AllPending(process) & waiting.takes) != 0 || IsReady(process);
}

void World::AddOptions(int index, int cost) {
  const Process& process = processes_[static_cast<std::size_t>(index)];
  if (process.at != At::kCall) {
    options_.push_back({index, How::kRun, cost});
    return;
  }
  const Waiting& waiting = process.waiting;
  const bool before = Deliverable(process, process.mask) != 0;
  if (!waiting.sleeps) {
    if (before) options_.push_back({index, How::kBefore, cost});
    options_.push_back({index, before ? How::kWithin : How::kRun, cost});
    return;
  }
  if (Deliverable(process, waiting.mask) != 0) {
    options_.push_back({index, How::kWithin, cost});
  } else if ((AllPending(process) & waiting.takes) != 0 || IsReady(process)) {
    options_.push_back({index, How::kRun, cost});
  }
  // It was taken for asleep when the others moved, and was not yet.
  if (before) options_.push_back({index, How::kBefore, cost + 1});
}

// The ends of pauses and alarms. Each costs a preemption where somebody could have moved, or should
// have been woken before.
void World::AddTimeouts() {
  const bool can_wait = !options_.empty();
  if (can_wait && rules_.assumption == Assumption::kPausesLong) return;
  std::vector<std::pair<VirtualTime, Option>> timeouts;
  for (int i = 0; i < static_cast<int>(processes_.size()); ++i) {
    const Process& process = processes_[static_cast<std::size_t>(i)];
    if (process.at == At::kGone || (i == 1 && !announced_)) continue;
    if (process.at == At::kCall && process.waiting.sleeps && process.waiting.deadline &&
        !CanMove(i)) {
      timeouts.push_back({*process.waiting.deadline, {i, How::kTimeout, 0}});
    }
    for (const auto& [id, timer] : process.timers) {
      if (timer.deadline) timeouts.push_back({*timer.deadline, {i, How::kAlarm, 0, id}});
    }
  }
  if (timeouts.empty()) return;
  const auto earliest = std::ranges::min(timeouts, {}, [](const auto& t) { return t.first; }).first;
  for (auto& [deadline, option] : timeouts) {
    const bool early = deadline <= std::max(earliest, now_);
    if (!early && rules_.assumption == Assumption::kPausesLong) continue;
    option.cost = can_wait || !early ? 1 : 0;
    options_.push_back(option);
  }
}

// What strangers do. It costs a preemption where somebody could have moved instead.
void World::AddDisturbances() {
  const int cost = std::ranges::any_of(options_, [](const Option& o) { return o.cost == 0; });
  for (int i = 0; i < static_cast<int>(processes_.size()); ++i) {
    const Process& process = processes_[static_cast<std::size_t>(i)];
    if (process.at == At::kGone || (i == 1 && !announced_)) continue;
    std::vector<int> offered;
    for (const int signal : foreign_left_) {
      if (std::ranges::find(offered, signal) != offered.end()) continue;
      offered.push_back(signal);
      options_.push_back({i, How::kForeign, cost, signal});
    }
    const bool feels_stops = process.call == Call::k_rt_sigtimedwait ||
                             process.call == Call::k_epoll_wait ||
                             process.call == Call::k_epoll_pwait;
    if (stops_left_ > 0 && process.at == At::kCall && feels_stops && process.waiting.sleeps &&
        !CanMove(i)) {
      options_.push_back({i, How::kStop, cost});
    }
  }
}

const std::vector<Option>& World::Options() {
  if (has_options_) return options_;
  has_options_ = true;
  options_.clear();
  if (processes_.empty()) return options_;
  Refresh();
  const auto count = static_cast<int>(processes_.size());
  const Process& current = processes_[static_cast<std::size_t>(current_)];
  const bool goes_on = CanMove(current_);
  const bool yields = goes_on && current.at == At::kCall && current.waiting.yields;
  bool others = false;
  for (int i = 0; i < count; ++i) others = others || (i != current_ && CanMove(i));
  if (goes_on) AddOptions(current_, yields && others ? 1 : 0);
  for (int i = 0; i < count; ++i) {
    if (i != current_ && CanMove(i)) AddOptions(i, goes_on && !yields ? 1 : 0);
  }
  AddTimeouts();
  AddDisturbances();
  std::ranges::stable_sort(options_, {}, &Option::cost);
  if (!options_.empty()) {
    const int least = options_.front().cost;
    for (Option& option : options_) option.cost -= least;
  }
  return options_;
}

std::uint64_t World::Key() {
  Refresh();
  std::uint64_t key = Mix(0, static_cast<std::uint64_t>(current_));
  bool reads_clock = false;
  for (const Process& process : processes_) {
    key = Mix(key, process.history);
    if (process.at != At::kGone) key = Mix(key, HashOf(process.pending));
    reads_clock = reads_clock || process.reads_clock;
    const bool pauses = process.at == At::kCall && process.waiting.deadline;
    key = Mix(key, pauses ? Bits(std::max(*process.waiting.deadline - now_, VirtualTime{})) : 1);
    for (const auto& [id, timer] : process.timers) {
      key = Mix(key, timer.deadline ? Bits(*timer.deadline - now_) : 0);
    }
  }
  if (reads_clock) key = Mix(key, Bits(now_));
  for (const int signal : foreign_left_) key = Mix(key, static_cast<std::uint64_t>(signal));
  return Mix(Mix(key, static_cast<std::uint64_t>(stops_left_)), announced_ ? 1 : 0);
}

std::vector<Event> World::Waits() const {
  std::vector<Event> events;
  for (int i = 0; i < static_cast<int>(processes_.size()); ++i) {
    const Process& process = processes_[static_cast<std::size_t>(i)];
    if (process.at == At::kGone) continue;
    events.push_back(
        {.kind = process.at == At::kSpinning ? Event::Kind::kSpins : Event::Kind::kWaits,
         .process = i,
         .call = process.call});
  }
  return events;
}

}  // namespace minitalk::explore

// One run of the programs: who may do what next, and doing it. All that could differ between two
// runs is chosen by whoever calls Do(): the order of steps, the moment of each delivery, the end of
// each pause. Pids, clocks and random numbers are the world's own.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "pairs/explore/process.h"

namespace minitalk::explore {

// When a pause may end: only when nobody else can move, or at any time.
enum class Assumption : std::uint8_t { kAnySchedule, kPausesLong };

// How a process goes on.
enum class How : std::uint8_t {
  kRun,      // to its next stop; what is pending is delivered as soon as the kernel would
  kBefore,   // the handler runs just before the call at whose entry it stands
  kWithin,   // the call is made, and the signal comes while it lasts
  kTimeout,  // its pause is over
  kAlarm,    // its timer sends its signal; the process itself does not move
  kForeign,  // a stranger sends it a signal; likewise
  kStop,     // it is stopped and continued, which ends some calls with EINTR
};

// One thing that may happen next.
struct Option {
  int process;
  How how;
  int cost;        // preemptions: 0 where nobody is interrupted who could go on
  int detail = 0;  // kAlarm: the timer; kForeign: the signal

  bool operator==(const Option&) const = default;
};

// Something that happened, for people; `process` and `other` are indices.
struct Event {
  enum class Kind : std::uint8_t {
    kSends,     // `signal` to `other`, -1: nobody it may reach
    kVanishes,  // the same, but one was pending already
    kHandles,   // a handler begins
    kTakes,     // taken without a handler
    kDies,      // of `signal`
    kTimesOut,  // the pause in `call` is over, after `length`
    kAlarm,     // the timer's signal becomes pending
    kForeign,   // `signal` of a stranger becomes pending
    kStopped,   // stopped and continued in `call`
    kWrites,    // `text`
    kForks,     // makes `other`
    kEnds,      // with the exit status `signal`
    kWaits,     // for ever, in `call`
    kSpins,     // for ever
  };
  Kind kind;
  int process;
  int signal = 0;
  int other = -1;
  Call call = Call::k_pause;
  std::optional<How> how = {};  // kHandles: before or within `call`; nothing: behind it
  VirtualTime length = {};
  std::string text = {};
  std::string source = {};  // "client.c:23", where it is known and asked for
};

// Rules of a world.
struct Rules {
  Assumption assumption = Assumption::kAnySchedule;
  std::vector<int> foreign_signals = {};  // that strangers may send
  int foreign = 0;                        // how many of them
  bool each_once = false;                 // instead, each of them once; the program has no partner
  int stops = 0;                          // how often a process may be stopped and continued
};

// The processes of a run, which end with it. Throws CannotExplore, Interrupted, std::system_error.
class World {
 public:
  explicit World(const Rules& rules);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Starts a program, which stands before its first instruction; returns its index.
  int Start(const Launch& launch, int terminal, const std::string& name);
  // A copy of another world's processes, each of which stands where it does there and is parked.
  void CopyFrom(const World& base);
  // Makes its processes ones that can only be copied any more.
  void Park();
  // Whether the processes could be copied: each alone, and sharing nothing.
  bool CanBeCopied() const;

  // Lets one process run, as if it were alone, until `done` or until it waits or is gone. Throws
  // CannotExplore after so many steps.
  void RunAlone(int index, int most_steps, const std::function<bool(const World&)>& done);
  // The call at whose entry the server stands writes its pid, or has to count as that.
  bool NextWriteAnnounces(const Process& server) const;
  // Forgets who ran last; a server that sleeps without having printed its pid has announced itself.
  void Reset(int current);

  // What may happen next, the usual thing first. None: it has ended.
  const std::vector<Option>& Options();
  // REQUIRES: one of Options().
  void Do(const Option& option);

  // The client, process 1, may run once the server, process 0, has written its pid.
  void Announce() { announced_ = true; }
  const std::deque<Process>& processes() const { return processes_; }
  const std::vector<Event>& events() const { return events_; }
  int current() const { return current_; }
  VirtualTime now() const { return now_; }
  // Steps since anything happened but ends of pauses.
  int idle() const { return idle_; }
  // From now on events have the line of source in which they happen.
  void AskForSources() { wants_sources_ = true; }
  // Gives a process what is known of its program, from the one that was started first.
  void SetCallers(int index, std::shared_ptr<Callers> callers);
  // What a handler did that it must not do, in a clause; empty: nothing that is known.
  const std::string& unsafe() const { return unsafe_; }
  // Two worlds with the same key go on in the same way, for all that the explorer can tell.
  std::uint64_t Key();
  // What everybody waits for who is left, as events.
  std::vector<Event> Waits() const;

 private:
  // What may happen (world.cc).
  void Refresh();
  bool IsReady(const Process& process) const;
  bool CanMove(int index) const;
  void AddOptions(int index, int cost);
  void AddTimeouts();
  void AddDisturbances();
  // One step (step.cc).
  bool Disturb(Process& process, const Option& option);
  void Perform(Process& process, const Option& option);
  bool TakeStop(Process& process, const Stop& stop, How how);
  bool ArriveAtCall(Process& process);
  void Deliver(Process& process, int signal, How how);
  void AddChild(Process& process, pid_t id);
  void End(Process& process, const Stop& stop);
  void Record(Event event);
  void RecordAt(const Registers& registers, Event event);
  void NoteInterruption(Process& process);
  void LookForUnsafe(const Process& process);
  int IndexOf(const Process& process) const;
  // System calls (answers.cc, calls.cc).
  void Answer(Process& process, std::int64_t result);
  bool AnswerAtOnce(Process& process);
  bool AnswerClock(Process& process);
  bool AnswerTimer(Process& process);
  void AnswerRandom(Process& process);
  void Open(Process& process);
  bool ReadAtOnce(Process& process);
  std::int64_t FinishRead(Process& process, std::int64_t size);
  bool AnswerWhetherAlive(Process& process);
  void TranslatePid(Process& process);
  void MakeCall(Process& process);
  void MakeSend(Process& process);
  std::string TextWritten(const Process& process) const;
  void MakeWrite(Process& process);
  void NoteAction(Process& process);
  void EndPause(Process& process);
  bool FinishCall(Process& process);
  void FinishTake(Process& process, int signal);
  Process* FindPid(std::int64_t pid);
  pid_t VirtualPid(pid_t real) const;

  Rules rules_;
  std::deque<Process> processes_;  // addresses stay
  std::vector<Option> options_;
  bool has_options_ = false;
  std::vector<Event> events_;
  VirtualTime now_ = {};
  int current_ = 0;
  bool announced_ = false;
  bool shares_ = false;
  int idle_ = 0;
  std::vector<int> foreign_left_;
  int stops_left_;
  bool wants_sources_ = false;
  std::string unsafe_;
};

// Adds to a hash.
std::uint64_t Mix(std::uint64_t hash, std::uint64_t value);

}  // namespace minitalk::explore

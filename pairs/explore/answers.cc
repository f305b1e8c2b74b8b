// System calls that a world answers in the kernel's place: clocks, random numbers, alarms, pids.
#include <fmt/format.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>

#include "pairs/explore/descriptors.h"
#include "pairs/explore/world.h"

namespace minitalk::explore {
namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds kClockStep{1000};  // between two looks at a clock
constexpr std::string_view kProc = "/proc/";

std::uint64_t Bits(auto value) { return static_cast<std::uint64_t>(value); }

std::uint64_t Argument(const Process& process, int index) {
  return Machine::Argument(process.entry, index);
}

timespec ToTimespec(nanoseconds time) {
  return {.tv_sec = static_cast<time_t>(time.count() / 1'000'000'000),
          .tv_nsec = static_cast<long>(time.count() % 1'000'000'000)};
}

timeval ToTimeval(nanoseconds time) {
  return {.tv_sec = static_cast<time_t>(time.count() / 1'000'000'000),
          .tv_usec = static_cast<suseconds_t>(time.count() % 1'000'000'000 / 1000)};
}

nanoseconds Length(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

// Both are whole numbers of epochs, see kEpoch.
nanoseconds BeginOf(clockid_t clock) {
  return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE ? 20'000 * kEpoch : kEpoch;
}

}  // namespace

bool World::AnswerClock(Process& process) {
  now_ += kClockStep;
  process.reads_clock = true;
  process.history = Mix(process.history, Bits(now_.count()));
  std::int64_t result = 0;
  if (process.call == Call::k_clock_gettime) {
    const auto clock = static_cast<clockid_t>(Argument(process, 0));
    process.tracee.WriteValue(Argument(process, 1), ToTimespec(BeginOf(clock) + now_));
  } else {
    const nanoseconds time = BeginOf(CLOCK_REALTIME) + now_;
    if (process.call == Call::k_time) {
      result = ToTimespec(time).tv_sec;
      if (Argument(process, 0) != 0) process.tracee.WriteValue(Argument(process, 0), result);
    } else {
      process.tracee.WriteValue(Argument(process, 0), ToTimeval(time));
    }
  }
  Answer(process, result);
  return true;
}

void World::AnswerRandom(Process& process) {
  const auto size = std::min<std::uint64_t>(Argument(process, 1), 256);
  std::vector<std::byte> bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(Mix(1, process.random++));
  process.tracee.Write(Argument(process, 0), bytes);
  Answer(process, static_cast<std::int64_t>(size));
}

// alarm() and the real-time interval timer are one clock, as in the kernel.
bool World::AnswerTimer(Process& process) {
  constexpr int kAlarm = -1;
  Timer& timer = process.timers[kAlarm];
  const nanoseconds left =
      timer.deadline ? std::max(*timer.deadline - now_, kClockStep) : nanoseconds{};
  const auto set = [&](nanoseconds value, nanoseconds interval) {
    timer = {.signal = SIGALRM, .interval = interval};
    if (value > nanoseconds{}) timer.deadline = now_ + value;
  };
  switch (process.call) {
    case Call::k_alarm:
      set(std::chrono::seconds(static_cast<std::uint32_t>(Argument(process, 0))), {});
      Answer(process, std::chrono::ceil<std::chrono::seconds>(left).count());
      return true;
    case Call::k_setitimer:
    case Call::k_getitimer: {
      if (Argument(process, 0) != ITIMER_REAL) return false;
      const bool sets = process.call == Call::k_setitimer;
      const itimerval old{.it_interval = ToTimeval(timer.interval), .it_value = ToTimeval(left)};
      itimerval wanted{};
      if (sets) process.tracee.ReadValue(Argument(process, 1), &wanted);
      const std::uint64_t where = Argument(process, sets ? 2 : 1);
      if (where != 0) process.tracee.WriteValue(where, old);
      if (sets) set(Length(wanted.it_value), Length(wanted.it_interval));
      Answer(process, 0);
      return true;
    }
    default:
      return false;
  }
}

// Files alone: false where it may sleep. What /proc tells has pids in it.
bool World::ReadAtOnce(Process& process) {
  const std::string target = TargetOfDescriptor(process, static_cast<int>(Argument(process, 0)));
  if (MaySleep(target)) return false;
  if (target.starts_with(kProc)) {
    process.tracee.RunToExit();
  } else {
    process.tracee.Run();
  }
  return true;
}

// A file of /proc that belongs to one of the processes is found under the pid that the kernel
// knows. The new name is put where the program's stack is not in use.
void World::Open(Process& process) {
  const int index = process.call == Call::k_open ? 0 : 1;
  std::string path(128, '\0');
  const bool readable =
      process.tracee.Read(Argument(process, index), std::as_writable_bytes(std::span(path)));
  path.resize(std::min(path.find('\0'), path.size()));
  if (!readable || !path.starts_with(kProc)) return process.tracee.Run();
  const auto end = std::min(path.find_first_not_of("0123456789", kProc.size()), path.size());
  if (end == kProc.size()) return process.tracee.Run();
  const Process* named = FindPid(std::atoi(path.c_str() + kProc.size()));
  const bool exists = named != nullptr && named->at != At::kGone;
  const std::string real =
      fmt::format("{}{}{}", kProc, exists ? named->tracee.id() : 0, path.substr(end));
  const std::uint64_t where =
      (Machine::Sp(process.entry) - Machine::kRedZoneBytes - 2 * path.capacity()) & ~15ULL;
  process.tracee.Write(where, std::as_bytes(std::span(real.c_str(), real.size() + 1)));
  Registers registers = process.entry;
  Machine::SetArgument(registers, index, where);
  process.tracee.SetRegisters(registers);
  process.tracee.RunToExit();
}

// Calls that nobody else can notice and that have no moment worth choosing. False: it is none.
bool World::AnswerAtOnce(Process& process) {
  switch (KindOf(process.call)) {
    case CallKind::kIdentity:
      Answer(process, process.call == Call::k_getppid ? process.parent : process.pid);
      return true;
    case CallKind::kClock:
      return AnswerClock(process);
    case CallKind::kRandom:
      AnswerRandom(process);
      return true;
    case CallKind::kTimer:
      if (!AnswerTimer(process)) process.tracee.Run();
      return true;
    case CallKind::kPlacement:
      Answer(process, 0);
      return true;
    case CallKind::kPidArgument:
      TranslatePid(process);
      return true;
    case CallKind::kShare:
      shares_ = true;
      process.tracee.Run();
      return true;
    case CallKind::kOpen:
      Open(process);
      return true;
    case CallKind::kRead:
      return ReadAtOnce(process);
    case CallKind::kSend:
      return AnswerWhetherAlive(process);
    default:
      return false;
  }
}

}  // namespace minitalk::explore

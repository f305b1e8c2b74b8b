#include "pairs/explore/process.h"

#include <linux/futex.h>

#include <algorithm>
#include <csignal>
#include <ctime>

namespace minitalk::explore {
namespace {

using std::chrono::nanoseconds;

constexpr std::uint64_t kIgnore = 1;

std::uint64_t Argument(const Process& process, int index) {
  return Machine::Argument(process.entry, index);
}

template <typename T>
T ValueAt(const Process& process, std::uint64_t address) {
  T value{};
  if (address != 0) process.tracee.ReadValue(address, &value);
  return value;
}

nanoseconds Length(const timespec& time) {
  return std::chrono::seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

void SleepFor(Waiting& waiting, VirtualTime now, nanoseconds length) {
  waiting.length = length;
  waiting.deadline = now + length;
  if (length > nanoseconds::zero()) return;
  waiting.sleeps = false;
  waiting.yields = true;
}

// A pointer to a timespec; null: without a limit.
void SleepForTimespec(Waiting& waiting, VirtualTime now, const Process& process, int index) {
  const std::uint64_t address = Argument(process, index);
  if (address != 0) SleepFor(waiting, now, Length(ValueAt<timespec>(process, address)));
}

void DescribeClockSleep(Waiting& waiting, const Process& process, VirtualTime now) {
  const auto length = Length(ValueAt<timespec>(process, Argument(process, 2)));
  const bool absolute = (Argument(process, 1) & TIMER_ABSTIME) != 0;
  // Absolute times are asked of the virtual clocks, which differ by whole epochs only.
  SleepFor(waiting, now, absolute ? std::max(length % kEpoch - now, nanoseconds(0)) : length);
}

// select and pselect6: the latter's mask is behind a pointer, with its size.
void DescribeSelect(Waiting& waiting, const Process& process, VirtualTime now) {
  if (process.call == Call::k_select) {
    const std::uint64_t address = Argument(process, 4);
    const auto time = ValueAt<timeval>(process, address);
    if (address != 0) {
      SleepFor(waiting, now,
               std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec));
    }
    return;
  }
  SleepForTimespec(waiting, now, process, 4);
  const auto mask = ValueAt<std::uint64_t>(process, Argument(process, 5));
  if (mask != 0) waiting.mask = ValueAt<std::uint64_t>(process, mask);
}

void DescribePoll(Waiting& waiting, const Process& process, VirtualTime now) {
  const bool has_timespec = process.call == Call::k_ppoll;
  const bool is_epoll = process.call == Call::k_epoll_wait || process.call == Call::k_epoll_pwait;
  if (has_timespec) {
    SleepForTimespec(waiting, now, process, 2);
  } else {
    const auto ms = static_cast<int>(Argument(process, is_epoll ? 3 : 2));
    if (ms >= 0) SleepFor(waiting, now, std::chrono::milliseconds(ms));
  }
  if (process.call != Call::k_ppoll && process.call != Call::k_epoll_pwait) return;
  const std::uint64_t mask = Argument(process, is_epoll ? 4 : 3);
  if (mask != 0) waiting.mask = ValueAt<std::uint64_t>(process, mask);
}

void DescribeFutex(Waiting& waiting, const Process& process, VirtualTime now) {
  const auto operation = static_cast<int>(Argument(process, 1)) & FUTEX_CMD_MASK;
  waiting.sleeps = operation == FUTEX_WAIT || operation == FUTEX_WAIT_BITSET;
  if (!waiting.sleeps) return;
  const auto value = ValueAt<std::uint32_t>(process, Argument(process, 0));
  waiting.ready = value != static_cast<std::uint32_t>(Argument(process, 2));
  if (operation == FUTEX_WAIT) SleepForTimespec(waiting, now, process, 3);
}

}  // namespace

bool IsIgnored(const Process& process, int signal) {
  const std::uint64_t handler = process.actions[static_cast<std::size_t>(signal)].handler;
  if (handler != 0) return handler == kIgnore;
  return signal == SIGCHLD || signal == SIGURG || signal == SIGWINCH || signal == SIGCONT;
}

SignalSet PendingSet(const Process& process) {
  SignalSet set = 0;
  for (const PendingSignal& signal : process.pending) {
    if (!IsIgnored(process, signal.number)) set |= Bit(signal.number);
  }
  return set;
}

Waiting DescribeWaiting(const Process& process, VirtualTime now) {
  Waiting waiting{.mask = process.mask};
  if (process.call == Call::k_sched_yield) waiting.yields = true;
  const CallKind kind = KindOf(process.call);
  if (kind != CallKind::kWait && kind != CallKind::kRead) return waiting;
  waiting.sleeps = true;
  switch (process.call) {
    case Call::k_rt_sigsuspend:
      waiting.mask = ValueAt<std::uint64_t>(process, Argument(process, 0));
      break;
    case Call::k_rt_sigtimedwait:
      waiting.takes = ValueAt<std::uint64_t>(process, Argument(process, 0));
      SleepForTimespec(waiting, now, process, 2);
      break;
    case Call::k_nanosleep:
      SleepForTimespec(waiting, now, process, 0);
      break;
    case Call::k_clock_nanosleep:
      DescribeClockSleep(waiting, process, now);
      break;
    case Call::k_select:
    case Call::k_pselect6:
      DescribeSelect(waiting, process, now);
      break;
    case Call::k_poll:
    case Call::k_ppoll:
    case Call::k_epoll_wait:
    case Call::k_epoll_pwait:
      DescribePoll(waiting, process, now);
      break;
    case Call::k_futex:
      DescribeFutex(waiting, process, now);
      break;
    default:
      break;
  }
  return waiting;
}

}  // namespace minitalk::explore

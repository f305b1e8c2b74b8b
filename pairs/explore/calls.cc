// System calls of a world's programs that the kernel executes, and what is changed on the way there
// and back, so that pids are the world's own; and the terminal.
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <functional>

#include "pairs/explore/descriptors.h"
#include "pairs/explore/world.h"
#include "pairs/observation.h"

namespace minitalk::explore {
namespace {

constexpr pid_t kStranger = 9999;  // whoever is not explored
constexpr std::int64_t kMostRead = 1 << 16;
constexpr std::size_t kMostWritten = 1U << 20;

std::uint64_t Bits(auto value) { return static_cast<std::uint64_t>(value); }

std::uint64_t Argument(const Process& process, int index) {
  return Machine::Argument(process.entry, index);
}

int IntArgument(const Process& process, int index) {
  return static_cast<int>(Argument(process, index));
}

// Which process a call signals, with what, and into which of its pending sets.
struct Target {
  std::int64_t pid;
  int signal;
  bool is_private;
};

Target TargetOf(const Process& process) {
  const auto pid = [&](int index) { return std::int64_t{IntArgument(process, index)}; };
  switch (process.call) {
    case Call::k_tgkill:
    case Call::k_rt_tgsigqueueinfo:
      return {pid(1), IntArgument(process, 2), true};
    case Call::k_tkill:
      return {pid(0), IntArgument(process, 1), true};
    case Call::k_pidfd_send_signal: {
      const auto found = process.pidfds.find(IntArgument(process, 0));
      return {found == process.pidfds.end() ? -1 : found->second, IntArgument(process, 1), false};
    }
    default:
      return {pid(0), IntArgument(process, 1), false};
  }
}

// Where it stands between blanks or at a border, as in files of /proc.
void ReplaceNumber(std::string* text, long number, long by) {
  const std::string digits = std::to_string(number);
  const std::string other = std::to_string(by);
  const auto is_digit = [&](std::size_t at) {
    return at < text->size() && (*text)[at] >= '0' && (*text)[at] <= '9';
  };
  for (auto at = text->find(digits); at != text->npos; at = text->find(digits, at)) {
    const bool whole = (at == 0 || !is_digit(at - 1)) && !is_digit(at + digits.size());
    if (whole) text->replace(at, digits.size(), other);
    at += whole ? other.size() : digits.size();
  }
}

bool TakesRealPid(Call call) { return call != Call::k_pidfd_send_signal; }

}  // namespace

Process* World::FindPid(std::int64_t pid) {
  for (Process& process : processes_) {
    if (process.pid == pid) return &process;
  }
  return nullptr;
}

pid_t World::VirtualPid(pid_t real) const {
  for (const Process& process : processes_) {
    if (process.tracee.id() == real) return process.pid;
  }
  return kStranger;
}

// In place of the kernel.
void World::Answer(Process& process, std::int64_t result) {
  Registers registers = process.entry;
  Machine::SetResult(registers, Bits(result));
  Machine::Void(registers);
  process.tracee.VoidCall();
  process.tracee.SetRegisters(registers);
  process.tracee.Run();
}

// The call names a process by its pid, which the kernel knows by another.
void World::TranslatePid(Process& process) {
  const Process* named = FindPid(IntArgument(process, 0));
  if (named == nullptr || named->at == At::kGone) return Answer(process, -ESRCH);
  Registers registers = process.entry;
  Machine::SetArgument(registers, 0, Bits(named->tracee.id()));
  process.tracee.SetRegisters(registers);
  process.tracee.RunToExit();
}

// Signal 0 only asks. False: it is another.
bool World::AnswerWhetherAlive(Process& process) {
  const Target target = TargetOf(process);
  if (target.signal != 0) return false;
  const Process* named = target.pid == 0 ? &process : FindPid(target.pid);
  const bool alive = named != nullptr && named->at != At::kGone;
  process.history = Mix(process.history, alive ? 1 : 0);
  Answer(process, alive ? 0 : -ESRCH);
  return true;
}

void World::MakeSend(Process& process) {
  const Target target = TargetOf(process);
  // 0 is its own group, in which it is alone: each program has a session of its own.
  Process* named = target.pid == 0 ? &process : FindPid(target.pid);
  Event event{.kind = Event::Kind::kSends,
              .process = IndexOf(process),
              .signal = target.signal,
              .call = process.call};
  if (named == nullptr || named->at == At::kGone || target.signal < 0 || target.signal > 64) {
    RecordAt(process.entry, std::move(event));
    process.history = Mix(process.history, ESRCH);
    process.at = At::kUser;
    return Answer(process, -ESRCH);
  }
  event.other = IndexOf(*named);
  for (const PendingSignal& pending : named->tracee.Pending()) {
    if (pending.number == target.signal && pending.is_private == target.is_private &&
        target.signal < SIGRTMIN) {
      event.kind = Event::Kind::kVanishes;
    }
  }
  RecordAt(process.entry, std::move(event));
  named->fresh = false;
  Registers registers = process.entry;
  if (TakesRealPid(process.call)) {
    Machine::SetArgument(registers, 0, Bits(named->tracee.id()));
    if (process.call == Call::k_tgkill || process.call == Call::k_rt_tgsigqueueinfo) {
      Machine::SetArgument(registers, 1, Bits(named->tracee.id()));
    }
  }
  process.tracee.SetRegisters(registers);
  process.tracee.RunToExit();
}

// What the call at whose entry a process stands writes to its terminal; nothing if it writes
// elsewhere.
std::string World::TextWritten(const Process& process) const {
  const int descriptor = IntArgument(process, 0);
  if (KindOf(process.call) != CallKind::kWrite ||
      (descriptor != STDOUT_FILENO && descriptor != STDERR_FILENO)) {
    return "";
  }
  std::vector<iovec> parts{{reinterpret_cast<void*>(Argument(process, 1)), Argument(process, 2)}};
  if (process.call == Call::k_writev) {
    parts.resize(std::min<std::uint64_t>(Argument(process, 2), 64));
    process.tracee.Read(Argument(process, 1), std::as_writable_bytes(std::span(parts)));
  }
  std::string text;
  for (const iovec& part : parts) {
    std::string bytes(std::min(part.iov_len, kMostWritten), '\0');
    if (process.tracee.Read(reinterpret_cast<std::uint64_t>(part.iov_base),
                            std::as_writable_bytes(std::span(bytes)))) {
      text += bytes;
    }
  }
  return text;
}

bool World::NextWriteAnnounces(const Process& server) const {
  return server.at == At::kCall && HoldsNumber(server.output + TextWritten(server), server.pid);
}

// To the terminal: taken, and not written anywhere. All else is the kernel's.
void World::MakeWrite(Process& process) {
  std::string text = TextWritten(process);
  if (text.empty()) return process.tracee.Run();
  Process& program = processes_[process.started];
  program.output += text;
  // Who writes first, of several, shows on the terminal alone.
  if (&program != &process) {
    program.history = Mix(program.history, std::hash<std::string>()(text));
  } else if (&process == &processes_.front() && !announced_) {
    announced_ = HoldsNumber(process.output, process.pid);
  }
  const auto written = static_cast<std::int64_t>(text.size());
  RecordAt(process.entry,
           {.kind = Event::Kind::kWrites, .process = IndexOf(process), .text = std::move(text)});
  Answer(process, written);
}

void World::NoteAction(Process& process) {
  const auto signal = Argument(process, 0);
  Action action;
  if (signal >= 1 && signal <= 64 && process.tracee.ReadValue(Argument(process, 1), &action)) {
    process.actions[signal] = action;
  }
  process.tracee.Run();
}

void World::MakeCall(Process& process) {
  switch (KindOf(process.call)) {
    case CallKind::kSend:
      return MakeSend(process);
    case CallKind::kWrite:
      return MakeWrite(process);
    case CallKind::kAction:
      return NoteAction(process);
    case CallKind::kYield:
      return Answer(process, 0);
    case CallKind::kFork:
      return process.tracee.RunToExit();
    case CallKind::kReturn:
      if (!process.interrupted.empty()) process.interrupted.pop_back();
      return process.tracee.Run();
    case CallKind::kRead:
      return process.tracee.RunToExit();
    case CallKind::kWait:
      if (process.call == Call::k_nanosleep && !process.waiting.sleeps) return Answer(process, 0);
      return process.tracee.RunToExit();
    default:
      return process.tracee.Run();
  }
}

// As the kernel would have answered once the time was over.
void World::EndPause(Process& process) {
  const auto clear = [&](std::uint64_t address, std::size_t size) {
    const std::vector<std::byte> zeros(size);
    if (address != 0) process.tracee.Write(address, zeros);
  };
  std::int64_t result = 0;
  switch (process.call) {
    case Call::k_rt_sigtimedwait:
      result = -EAGAIN;
      break;
    case Call::k_futex:
      result = -ETIMEDOUT;
      break;
    case Call::k_select:
    case Call::k_pselect6:
      for (int i = 1; i <= 3; ++i)
        clear(Argument(process, i), (Argument(process, 0) + 63) / 64 * 8);
      break;
    case Call::k_poll:
    case Call::k_ppoll:
      for (std::uint64_t i = 0; i < Argument(process, 1); ++i) {
        clear(Argument(process, 0) + i * sizeof(pollfd) + offsetof(pollfd, revents),
              sizeof(pollfd::revents));
      }
      break;
    default:
      break;
  }
  Answer(process, result);
}

// What was read, as the program may know it. Returns its size.
std::int64_t World::FinishRead(Process& process, std::int64_t size) {
  const std::string target = TargetOfDescriptor(process, IntArgument(process, 0));
  const std::uint64_t where = Argument(process, 1);
  std::string text(static_cast<std::size_t>(std::clamp<std::int64_t>(size, 0, kMostRead)), '\0');
  if (text.empty() || !process.tracee.Read(where, std::as_writable_bytes(std::span(text)))) {
    return size;
  }
  if (target == "anon_inode:[signalfd]") {
    signalfd_siginfo info = {};
    std::memcpy(&info, text.data(), std::min(sizeof info, text.size()));
    if (info.ssi_code == SI_USER || info.ssi_code == SI_TKILL) {
      info.ssi_pid = static_cast<std::uint32_t>(VirtualPid(static_cast<pid_t>(info.ssi_pid)));
    }
    std::memcpy(text.data(), &info, std::min(sizeof info, text.size()));
    Record({.kind = Event::Kind::kTakes,
            .process = IndexOf(process),
            .signal = static_cast<int>(info.ssi_signo),
            .call = process.call});
  } else if (target.starts_with("/proc/")) {
    for (const Process& other : processes_) {
      ReplaceNumber(&text, other.tracee.id(), other.pid);
    }
    text.resize(std::min<std::size_t>(text.size(), Argument(process, 2)));
    size = static_cast<std::int64_t>(text.size());
  }
  process.tracee.Write(where, std::as_bytes(std::span(text)));
  process.history = Mix(process.history, std::hash<std::string>()(text));
  return size;
}

// At the end of a call that was let through to here. True: a choice follows.
bool World::FinishCall(Process& process) {
  Registers registers = process.tracee.GetRegisters();
  const auto result = static_cast<std::int64_t>(Machine::Result(registers));
  const CallKind kind = KindOf(process.call);
  if (kind == CallKind::kSend || kind == CallKind::kPidArgument || kind == CallKind::kOpen) {
    // As the program had them; on some machines the first one's place has the result.
    for (int i = Machine::kResultIsFirstArgument ? 1 : 0; i < 2; ++i) {
      Machine::SetArgument(registers, i, Argument(process, i));
    }
    if (kind == CallKind::kPidArgument && result >= 0) {
      process.pidfds[static_cast<int>(result)] = IntArgument(process, 0);
    }
    process.tracee.SetRegisters(registers);
    process.history = Mix(process.history, Bits(result));
  } else if (process.call == Call::k_rt_sigtimedwait && result > 0) {
    FinishTake(process, static_cast<int>(result));
  } else if (kind == CallKind::kRead && result > 0) {
    Machine::SetResult(registers, Bits(FinishRead(process, result)));
    process.tracee.SetRegisters(registers);
  } else if ((process.call == Call::k_wait4 || kind == CallKind::kFork) && result > 0) {
    const pid_t pid = VirtualPid(static_cast<pid_t>(result));
    Machine::SetResult(registers, Bits(pid));
    process.tracee.SetRegisters(registers);
    if (process.call == Call::k_wait4) {
      if (Process* child = FindPid(pid)) child->reaped = true;
    }
  }
  if (kind == CallKind::kSend) {
    process.at = At::kUser;
    return true;
  }
  process.tracee.Run();
  return false;
}

// rt_sigtimedwait has taken a signal: its sender is shown by the pid that the program knows.
void World::FinishTake(Process& process, int signal) {
  siginfo_t info = {};
  const std::uint64_t where = Argument(process, 1);
  if (where != 0 && process.tracee.ReadValue(where, &info) &&
      (info.si_code == SI_USER || info.si_code == SI_TKILL)) {
    info.si_pid = VirtualPid(info.si_pid);
    process.tracee.WriteValue(where, info);
  }
  process.history = Mix(Mix(process.history, Bits(signal)), Bits(info.si_pid));
  RecordAt(process.entry, {.kind = Event::Kind::kTakes,
                           .process = IndexOf(process),
                           .signal = signal,
                           .call = process.call});
}

}  // namespace minitalk::explore

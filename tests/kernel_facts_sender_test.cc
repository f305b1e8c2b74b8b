// The facts about the kernel that the project rests on (docs/kernel.md), second part: what a signal
// tells about its sender and what it can carry, how waiting ends, and how death shows.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <random>

#include "core/os/process_facts.h"
#include "process_harness.h"
#include "signal_probe.h"

namespace minitalk {
namespace {

constexpr pid_t kForgedPid = 2'000'000;
constexpr std::size_t kTravel = 48;  // bytes of a siginfo_t
constexpr timespec kLong{.tv_sec = 600, .tv_nsec = 0};

Fd OpenPidfd(pid_t pid) { return Fd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))); }

int SendByPidfd(const Fd& pidfd, int signal) {
  const long result = syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0);
  return result == 0 ? 0 : errno;
}

// A process that another one sends to: what it takes, as "code=... from=...".
std::string TakenFrom(const std::function<void(pid_t receiver)>& send) {
  return InChild([&]() -> std::string {
    BlockBoth();
    const pid_t self = getpid();
    const Child sender([&] {
      send(self);
      return std::string("sent");
    });
    if (sender.Result() != "sent") return "not sent";
    siginfo_t info = {};
    if (TakeRaw(&info) < 0) return "nothing";
    std::string from = std::to_string(info.si_pid);
    if (info.si_pid == sender.pid()) from = "sender";
    if (info.si_pid == kForgedPid) from = "forged";
    return "code=" + std::to_string(info.si_code) + " from=" + from;
  });
}

TEST(KernelFacts, KillTellsTheSender) {
  EXPECT_EQ(TakenFrom([](pid_t pid) { kill(pid, SIGUSR1); }), "code=0 from=sender");
}

TEST(KernelFacts, PidfdSendSignalTellsTheSender) {
  EXPECT_EQ(TakenFrom([](pid_t pid) { SendByPidfd(OpenPidfd(pid), SIGUSR1); }),
            "code=0 from=sender");
}

TEST(KernelFacts, TgkillTellsTheSender) {
  EXPECT_EQ(TakenFrom([](pid_t pid) { syscall(SYS_tgkill, pid, pid, SIGUSR1); }),
            "code=-6 from=sender");
}

TEST(KernelFacts, SigqueueSaysWhatTheLibrarySays) {
  EXPECT_EQ(TakenFrom([](pid_t pid) { sigqueue(pid, SIGUSR1, {}); }), "code=-1 from=sender");
}

TEST(KernelFacts, QueuedInfoCanBeForged) {
  EXPECT_EQ(
      TakenFrom([](pid_t pid) { QueueInfo(pid, ForgedInfo(SIGUSR1, SI_QUEUE, kForgedPid, 0)); }),
      "code=-1 from=forged");
}

// What makes the trust rule sound: nobody can forge the two codes that the kernel fills in.
TEST(KernelFacts, TrustedCodesCannotBeForged) {
  const std::string errors = InChild([] {
    BlockBoth();
    const pid_t self = getpid();
    return InChild([=] {
             std::string seen;
             for (const int code : {SI_USER, SI_TKILL, SI_KERNEL}) {
               const int error = QueueInfo(self, ForgedInfo(SIGUSR1, code, kForgedPid, 0));
               seen += error == EPERM ? "EPERM " : std::to_string(error) + ' ';
             }
             return seen;
           }) +
           TakeAll();
  });
  EXPECT_EQ(errors, "EPERM EPERM EPERM ");
}

TEST(KernelFacts, BytesThatTravel) {
  const std::string seen = InChild([]() -> std::string {
    BlockBoth();
    siginfo_t sent = {};
    auto* bytes = reinterpret_cast<unsigned char*>(&sent);
    for (std::size_t i = 4; i < kTravel; ++i) bytes[i] = static_cast<unsigned char>(i * 5 + 1);
    sent.si_signo = SIGUSR1;
    sent.si_code = -1000;
    siginfo_t got = {};
    if (QueueInfo(getpid(), sent) != 0 || TakeRaw(&got) != SIGUSR1) return "not sent";
    if (std::memcmp(&sent, &got, kTravel) != 0) return "changed";
    bytes[kTravel] = 1;
    return QueueInfo(getpid(), sent) == E2BIG ? "48, not 49" : "more than 48";
  });
  EXPECT_EQ(seen, "48, not 49");
}

TEST(KernelFacts, GlibcHidesTheLane) {
  const std::string codes = InChild([] {
    BlockBoth();
    const sigset_t both = BothSignals();
    siginfo_t info = {};
    SendTo(getpid(), 'a');
    sigtimedwait(&both, &info, &kNoTime);
    const int glibc = info.si_code;
    SendTo(getpid(), 'a');
    TakeRaw(&info);
    return "glibc=" + std::to_string(glibc) + " raw=" + std::to_string(info.si_code);
  });
  EXPECT_EQ(codes, "glibc=0 raw=-6");
}

// Beyond the limit of queued signals kill() still names its sender, tgkill() does not.
TEST(KernelFacts, PendingLimitHidesTheSenderOfTgkill) {
  const auto limited = [](char slot) {
    return InChild([=]() -> std::string {
      const rlimit none = {.rlim_cur = 0, .rlim_max = 0};
      if (setrlimit(RLIMIT_SIGPENDING, &none) != 0) return "no limit";
      BlockBoth();
      siginfo_t info = {};
      if (!SendTo(getpid(), slot) || TakeRaw(&info) < 0) return "lost";
      return info.si_pid == getpid()
                 ? "named"
                 : "code=" + std::to_string(info.si_code) + " pid=" + std::to_string(info.si_pid);
    });
  };
  EXPECT_EQ(limited('c'), "named");
  EXPECT_EQ(limited('a'), "code=0 pid=0");
}

// Fills a slot with that info: the way of core/os/kernel_link. 0, or errno.
int SendInfo(pid_t pid, char slot, siginfo_t info) {
  const bool is_private = slot == 'a' || slot == 'b';
  info.si_signo = slot == 'a' || slot == 'c' ? SIGUSR1 : SIGUSR2;
  const Fd pidfd = OpenPidfd(pid);
  const long result = is_private
                          ? syscall(SYS_rt_tgsigqueueinfo, pid, pid, info.si_signo, &info)
                          : syscall(SYS_pidfd_send_signal, pidfd.get(), info.si_signo, &info, 0);
  return result == 0 ? 0 : errno;
}

// 44 bytes behind the number, of which the code alone is not free.
siginfo_t InfoOf(char slot) {
  std::mt19937 random(static_cast<unsigned>(slot));
  std::array<unsigned char, sizeof(siginfo_t)> bytes{};
  for (std::size_t i = 4; i < kTravel; ++i) bytes[i] = static_cast<unsigned char>(random());
  siginfo_t info;
  std::memcpy(&info, bytes.data(), sizeof info);
  info.si_code = -1000 - slot;
  return info;
}

// Another process fills the slots, with what InfoOf says; then they are taken. "intact", or what is
// not.
std::string CarriedBy(const std::string& slots) {
  return InChild([&]() -> std::string {
    BlockBoth();
    const pid_t self = getpid();
    const std::string errors = InChild([&] {
      std::string seen;
      for (const char slot : slots) seen += std::to_string(SendInfo(self, slot, InfoOf(slot)));
      return seen;
    });
    if (errors.find_first_not_of('0') != errors.npos) return "errors " + errors;
    std::string in_order = slots;
    std::ranges::sort(in_order);
    for (const char slot : in_order) {
      siginfo_t got = {};
      siginfo_t sent = InfoOf(slot);
      sent.si_signo = TakeRaw(&got);
      if (std::memcmp(&sent, &got, kTravel) != 0) return std::string("changed in ") + slot;
    }
    return "intact" + TakeAll();
  });
}

TEST(KernelFacts, EachSlotCarriesFortyBytes) {
  for (const char slot : kAllSlots) EXPECT_EQ(CarriedBy(std::string(1, slot)), "intact") << slot;
  EXPECT_EQ(CarriedBy("dcba"), "intact");
}

// Beyond the limit of queued signals a payload seems to be sent, and its number does arrive; the
// limit is the receiver's, whoever sends.
TEST(KernelFacts, PendingLimitStripsThePayload) {
  const auto taken_after = [](const std::function<bool(pid_t receiver)>& send) {
    return InChild([&]() -> std::string {
      BlockBoth();
      const pid_t self = getpid();
      const Child sender([&]() -> std::string {
        const rlimit none = {.rlim_cur = 0, .rlim_max = 0};
        if (prlimit(self, RLIMIT_SIGPENDING, &none, nullptr) != 0) return "no limit";
        return send(self) ? "sent" : "refused";
      });
      if (sender.Result() != "sent") return sender.Result().value_or("(died)");
      siginfo_t info = {};
      if (TakeRaw(&info) < 0) return "lost";
      const bool named = info.si_pid == sender.pid();
      return "code=" + std::to_string(info.si_code) +
             " from=" + (named ? "sender" : std::to_string(info.si_pid));
    });
  };
  for (const char slot : kAllSlots) {
    EXPECT_EQ(taken_after([=](pid_t pid) { return SendInfo(pid, slot, InfoOf(slot)) == 0; }),
              "code=0 from=0")
        << slot;
  }
  EXPECT_EQ(taken_after([](pid_t pid) { return sigqueue(pid, SIGUSR1, {}) == 0; }),
            "code=0 from=0");
  EXPECT_EQ(taken_after([](pid_t pid) { return SendTo(pid, 'c'); }), "code=0 from=sender");
  EXPECT_EQ(taken_after([](pid_t pid) { return SendByPidfd(OpenPidfd(pid), SIGUSR1) == 0; }),
            "code=0 from=sender");
}

// The sender's own limit plays no part.
TEST(KernelFacts, PendingLimitOfTheSenderIsNotAsked) {
  const std::string seen = InChild([]() -> std::string {
    BlockBoth();
    const pid_t self = getpid();
    InChild([=] {
      const rlimit none = {.rlim_cur = 0, .rlim_max = 0};
      setrlimit(RLIMIT_SIGPENDING, &none);
      SendInfo(self, 'd', InfoOf('d'));
      return std::string();
    });
    siginfo_t info = {};
    TakeRaw(&info);
    return std::to_string(info.si_code);
  });
  EXPECT_EQ(seen, std::to_string(InfoOf('d').si_code));
}

// Why a server installs handlers that never run: a sleeping receiver shows its mask as if empty.
TEST(KernelFacts, WaitingHidesTheMaskButNotTheHandler) {
  for (const bool handlers : {false, true}) {
    const Child waiter([=] {
      BlockBoth();
      if (handlers) {
        signal(SIGUSR1, [](int) {});
        signal(SIGUSR2, [](int) {});
      }
      siginfo_t info = {};
      return std::to_string(TakeRaw(&info, &kLong));
    });
    const std::string expected =
        handlers ? "pending blocked ignored caught12" : "pending blocked ignored caught";
    EXPECT_TRUE(Eventually([&] { return DescribeSignals(waiter.pid()) == expected; }));
    ASSERT_TRUE(AwaitSleep(waiter.pid()));
    EXPECT_EQ(DescribeSignals(waiter.pid()), expected);
    // It is no uncaught signal all the same.
    kill(waiter.pid(), SIGUSR2);
    EXPECT_EQ(waiter.Result(), std::to_string(SIGUSR2));
  }
}

TEST(KernelFacts, StopAndContinueInterruptTheWait) {
  const Child waiter([]() -> std::string {
    BlockBoth();
    siginfo_t info = {};
    const int number = TakeRaw(&info, nullptr);
    return number < 0 && errno == EINTR ? "EINTR" : std::to_string(number);
  });
  ASSERT_TRUE(AwaitSleep(waiter.pid()));
  kill(waiter.pid(), SIGSTOP);
  ASSERT_TRUE(Eventually([&] { return InspectProcess(waiter.pid())->state == 'T'; }));
  kill(waiter.pid(), SIGCONT);
  EXPECT_EQ(waiter.Result(), "EINTR");
}

// How a sleep of the kernel ends when a signal arrives during it: the signal is blocked, or has a
// handler with SA_RESTART. A byte in the pipe ends it otherwise.
std::string EndOfSleep(bool block) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) return "no pipe";
  const Fd read_end(ends[0]);
  const Fd write_end(ends[1]);
  const Child sleeper([&]() -> std::string {
    struct sigaction action = {};
    action.sa_handler = [](int) {};
    action.sa_flags = SA_RESTART;
    sigaction(SIGUSR1, &action, nullptr);
    if (block) BlockBoth();
    pollfd readable = {.fd = read_end.get(), .events = POLLIN, .revents = 0};
    const int ready = poll(&readable, 1, -1);
    return ready == 1 ? "slept on" : errno == EINTR ? "EINTR" : "?";
  });
  if (!AwaitSleep(sleeper.pid())) return "did not sleep";
  kill(sleeper.pid(), SIGUSR1);
  if (block) {
    for (int i = 0; i < 100; ++i) kill(sleeper.pid(), SIGUSR1);
    if (write(write_end.get(), "x", 1) != 1) return "no write";
  }
  return sleeper.Result().value_or("(died)");
}

TEST(KernelFacts, BlockedSignalsNeverInterrupt) { EXPECT_EQ(EndOfSleep(true), "slept on"); }
TEST(KernelFacts, HandlersInterruptDespiteRestart) { EXPECT_EQ(EndOfSleep(false), "EINTR"); }

bool PollsReadable(const Fd& pidfd) {
  pollfd entry = {.fd = pidfd.get(), .events = POLLIN, .revents = 0};
  return poll(&entry, 1, 0) == 1;
}

TEST(KernelFacts, OnlyAPidfdSeesAZombie) {
  Program process({"sleep", "600"});
  const Fd pidfd = OpenPidfd(process.pid());
  EXPECT_FALSE(PollsReadable(pidfd));
  process.Send(SIGKILL);
  EXPECT_TRUE(Eventually([&] { return PollsReadable(pidfd); }));
  EXPECT_EQ(kill(process.pid(), SIGUSR1), 0);
  EXPECT_EQ(SendByPidfd(pidfd, SIGUSR1), 0);
  process.Reap();
  EXPECT_EQ(SendByPidfd(pidfd, SIGUSR1), ESRCH);
}

}  // namespace
}  // namespace minitalk

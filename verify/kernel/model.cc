#include "verify/kernel/model.h"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>

#include "verify/kernel/facts/fact.h"
#include "verify/kernel/twins.h"

namespace minitalk::verify {
namespace {

std::uint64_t g_seed = 1;

sigset_t BothSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGUSR2);
  return set;
}

void Change(int how) {
  const sigset_t both = BothSignals();
  sigprocmask(how, &both, nullptr);
}

// Empty: all went well. Else what went wrong.
using Check = std::string (*)(Twins&);

[[noreturn]] void End(int status, const std::string& words) {
  std::puts(words.c_str());
  std::fflush(stdout);
  _exit(status);
}

// Each round in a process of its own, with a seed of its own. Ends this one at the first failure.
void RunRounds(int rounds, Check check) {
  for (int round = 0; round < rounds; ++round) {
    const pid_t pid = fork();
    if (pid == 0) {
      Change(SIG_BLOCK);
      Twins twins(g_seed + static_cast<std::uint64_t>(round));
      const std::string wrong = check(twins);
      if (wrong.empty()) _exit(0);
      End(kNotAsLinux, wrong);
    }
    if (pid < 0) End(kNotAsLinux, "fork: " + std::string(std::strerror(errno)));
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
    if (!WIFEXITED(status)) End(kNotAsLinux, "ended by signal " + std::to_string(WTERMSIG(status)));
    if (WEXITSTATUS(status) != 0) _exit(WEXITSTATUS(status));  // it has said why
  }
}

std::string Mismatch(const Twins& twins, const std::optional<Pending>& model,
                     const std::optional<Pending>& kernel) {
  return "Linux:  " + (model ? Describe(*model) : "nothing") +
         "\nkernel: " + (kernel ? Describe(*kernel) : "nothing") + twins.History();
}

std::string TakeFromBoth(Twins& twins) {
  if (!twins.Flush()) return "a send was refused" + twins.History();
  const sigset_t both = BothSignals();
  const timespec no_time{};
  siginfo_t info = {};
  const auto number = syscall(SYS_rt_sigtimedwait, &both, &info, &no_time, 8);
  std::optional<Pending> kernel;
  if (number > 0) kernel = Observed(info);
  const auto model = twins.Take(Order::kTaken);
  const bool same = model && kernel ? Same(*model, *kernel) : !model && !kernel;
  return same && number == (kernel ? info.si_signo : -1) ? "" : Mismatch(twins, model, kernel);
}

std::string TakeAllFromBoth(Twins& twins) {
  for (bool last = false; !last;) {
    last = twins.empty();
    if (std::string wrong = TakeFromBoth(twins); !wrong.empty()) return wrong;
  }
  return "";
}

// {SigPnd, ShdPnd} of this process. Ends it where they are not shown.
std::array<std::uint64_t, 2> MasksInProc() {
  std::FILE* file = std::fopen("/proc/self/status", "r");
  if (file == nullptr) End(kCannotBeAsked, "there is no /proc/self/status");
  std::array<std::uint64_t, 2> masks{};
  std::size_t found = 0;
  std::array<char, 200> line{};
  while (std::fgets(line.data(), line.size(), file) != nullptr) {
    for (const std::size_t set : {0u, 1u}) {
      if (std::strncmp(line.data(), set == 0 ? "SigPnd:" : "ShdPnd:", 7) != 0) continue;
      masks[set] = std::strtoull(&line[7], nullptr, 16);
      ++found;
    }
  }
  std::fclose(file);
  if (found != 2) End(kNotAsLinux, "/proc/self/status has no SigPnd or no ShdPnd");
  return masks;
}

std::uint64_t PendingMask() {
  sigset_t set;
  sigpending(&set);
  const auto bit = [&](int number) {
    return static_cast<std::uint64_t>(sigismember(&set, number) == 1) << (number - 1);
  };
  return bit(SIGUSR1) | bit(SIGUSR2);
}

std::string ComparePending(Twins& twins, bool in_proc) {
  if (!twins.Flush()) return "a send was refused" + twins.History();
  const auto model = twins.Masks();
  if (PendingMask() != (model[0] | model[1])) return "another sigpending" + twins.History();
  if (in_proc && MasksInProc() != model) return "another SigPnd or ShdPnd" + twins.History();
  return "";
}

// So many operations of every kind, in phases that keep the slots more or less full.
std::string RandomOperations(Twins& twins, std::size_t operations, bool in_proc) {
  constexpr std::size_t kPhase = 64;
  std::size_t takes_of_eight = 0;
  for (std::size_t step = 0; twins.operations() < operations; ++step) {
    if (step % kPhase == 0) takes_of_eight = 1 + twins.Draw(7);
    std::string wrong;
    if (twins.Draw(8) < takes_of_eight) {
      wrong = TakeFromBoth(twins);
    } else {
      twins.PostRandom();
    }
    if (wrong.empty() && twins.Draw(50) == 0) wrong = ComparePending(twins, in_proc);
    if (wrong.empty() && twins.Draw(200) == 0) wrong = TakeAllFromBoth(twins);
    if (!wrong.empty()) return wrong;
  }
  // Else the survivor would not have been put to the test.
  if (twins.lost_to_another() < operations / 20) return "too few were lost; try another seed";
  return "";
}

std::string TakenAsInTheModel(Twins& twins) { return RandomOperations(twins, 60'000, false); }
std::string ShownInProc(Twins& twins) { return RandomOperations(twins, 20'000, true); }

// What the handlers saw, in the order in which their bodies ran.
std::array<siginfo_t, 16> g_ran{};
volatile std::sig_atomic_t g_ran_count = 0;

void Record(int number, siginfo_t* info, void* /*context*/) {
  const auto place = static_cast<std::size_t>(g_ran_count);
  if (place == g_ran.size()) return;
  std::memcpy(&g_ran[place], info, sizeof *info);
  g_ran[place].si_signo = number;
  g_ran_count = g_ran_count + 1;
}

void InstallHandlers() {
  struct sigaction action = {};
  action.sa_sigaction = Record;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  for (const int number : {SIGUSR1, SIGUSR2}) sigaction(number, &action, nullptr);
}

// Lets the handlers of all that is pending run. sigsuspend returns before the last of them: when
// the outermost frame is gone both are blocked again, so it is called until nothing is pending.
void RunHandlers(bool suspend) {
  g_ran_count = 0;
  if (!suspend) {
    Change(SIG_UNBLOCK);
    Change(SIG_BLOCK);
    return;
  }
  sigset_t mask;
  sigprocmask(SIG_BLOCK, nullptr, &mask);
  sigdelset(&mask, SIGUSR1);
  sigdelset(&mask, SIGUSR2);
  while (PendingMask() != 0) sigsuspend(&mask);
}

std::string CompareHandlers(Twins& twins) {
  for (int i = 0; i < g_ran_count; ++i) {
    const Pending kernel = Observed(g_ran[static_cast<std::size_t>(i)]);
    const auto model = twins.Take(Order::kNested);
    if (!model || !Same(*model, kernel)) return Mismatch(twins, model, kernel);
  }
  if (const auto model = twins.Take(Order::kNested)) return Mismatch(twins, model, std::nullopt);
  return "";
}

std::string RandomFillings(Twins& twins) {
  InstallHandlers();
  for (int filling = 0; filling < 2'000; ++filling) {
    for (std::size_t left = 1 + twins.Draw(8); left > 0; --left) twins.PostRandom();
    if (!twins.Flush()) return "a send was refused" + twins.History();
    RunHandlers(twins.Draw(2) == 0);
    if (std::string wrong = CompareHandlers(twins); !wrong.empty()) return wrong;
  }
  return "";
}

}  // namespace

void SetModelSeed(std::uint64_t seed) { g_seed = seed; }

extern "C" {
// What the registry names.
extern const fact fact_model_takes;
extern const fact fact_model_shown_in_proc;
extern const fact fact_model_handlers;

const fact fact_model_takes = {
    "model_takes",
    "Whatever four processes send by five calls is taken as from four slots with their first "
    "siginfo.",
    "The proofs of the protocols are proofs on that model.",
    [] { RunRounds(6, TakenAsInTheModel); },
};

const fact fact_model_shown_in_proc = {
    "model_shown_in_proc",
    "SigPnd and ShdPnd in /proc/self/status are what is pending in the two sets.",
    "That is how a replay, or a person, sees which bits are under way.",
    [] { RunRounds(2, ShownInProc); },
};

const fact fact_model_handlers = {
    "model_handlers",
    "Handlers with an empty sa_mask run in the order of the model, with the siginfo it says.",
    "Other people's pairs take signals in handlers, and are explored on that model.",
    [] { RunRounds(3, RandomFillings); },
};
}

}  // namespace minitalk::verify

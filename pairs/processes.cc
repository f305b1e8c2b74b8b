#include "pairs/processes.h"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "core/os/process.h"
#include "core/os/process_facts.h"
#include "core/wire/text.h"

namespace minitalk {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLook{250};
constexpr milliseconds kEndTimeout{1000};

// The fields of /proc/PID/stat that matter here.
struct Stat {
  pid_t pid = 0;
  char state = '?';
  pid_t parent = 0;
  pid_t session = 0;
  std::uint64_t user_ticks = 0;
  std::uint64_t system_ticks = 0;
  std::size_t resident_pages = 0;
};

std::optional<Stat> ReadStat(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string line;
  std::getline(file, line, '\0');
  const auto name_end = line.rfind(')');  // the name may hold anything
  if (name_end == line.npos) return std::nullopt;
  std::istringstream fields(line.substr(name_end + 1));
  Stat stat{.pid = pid};
  std::string skipped;
  const auto skip = [&](int count) {
    for (int i = 0; i < count; ++i) fields >> skipped;
  };
  fields >> stat.state >> stat.parent >> skipped >> stat.session;
  skip(7);
  fields >> stat.user_ticks >> stat.system_ticks;
  skip(8);
  fields >> stat.resident_pages;
  return stat;
}

std::vector<Stat> AllProcesses() {
  std::vector<Stat> all;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const auto pid = ParseWhole<pid_t>(entry.path().filename().string());
    if (const auto stat = pid ? ReadStat(*pid) : std::nullopt) all.push_back(*stat);
  }
  return all;
}

// A kernel without schedstat counts context switches all the same.
std::uint64_t Switches(const std::filesystem::path& task) {
  std::ifstream file(task / "status");
  std::uint64_t sum = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.find("ctxt_switches") == line.npos) continue;
    sum += ParseWhole<std::uint64_t>(line.substr(line.find('\t') + 1)).value_or(0);
  }
  return sum;
}

// Of all threads of a process: time on a CPU in ns, and turns on one.
std::uint64_t Activity(pid_t pid) {
  std::uint64_t sum = 0;
  std::error_code error;
  for (const auto& task :
       std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid), error)) {
    std::ifstream file(task.path() / "schedstat");
    std::uint64_t run_ns = 0;
    std::uint64_t waited_ns = 0;
    std::uint64_t turns = 0;
    sum += file >> run_ns >> waited_ns >> turns ? run_ns + turns : Switches(task.path());
  }
  return sum;
}

}  // namespace

SessionUse MeasureSession(pid_t session) {
  SessionUse use;
  for (const Stat& stat : AllProcesses()) {
    if (stat.session != session || stat.state == 'Z') continue;
    use.activity += Activity(stat.pid);
    use.cpu_seconds += static_cast<double>(stat.user_ticks + stat.system_ticks) /
                       static_cast<double>(sysconf(_SC_CLK_TCK));
    use.resident_bytes += stat.resident_pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  }
  return use;
}

Clock::duration Stillness::For() {
  const auto now = Clock::now();
  if (now - looked_ >= kLook) {
    looked_ = now;
    if (Moved()) moved_ = now;
  }
  return now - moved_;
}

// The leaders mostly answer it; only where they are still everybody is looked at.
bool Stillness::Moved() {
  std::uint64_t activity = 0;
  for (const pid_t leader : leaders_) activity += Activity(leader);
  if (activity != std::exchange(leaders_activity_, activity)) {
    sessions_activity_.reset();
    return true;
  }
  for (const pid_t leader : leaders_) activity += MeasureSession(leader).activity;
  return std::exchange(sessions_activity_, activity) != activity;
}

std::optional<std::string> SleepsIn(pid_t pid) {
  static constexpr std::pair<long, const char*> kCalls[] = {
#ifdef __NR_pause  // the older architectures alone
      {__NR_pause, "pause"},
      {__NR_poll, "poll"},
#endif
      {__NR_rt_sigsuspend, "sigsuspend"},
      {__NR_rt_sigtimedwait, "sigtimedwait"},
      {__NR_futex, "a lock (futex)"},
      {__NR_nanosleep, "nanosleep"},
      {__NR_clock_nanosleep, "nanosleep"},
      {__NR_pselect6, "pselect"},
      {__NR_ppoll, "poll"},
      {__NR_read, "read"},
      {__NR_write, "write"}};
  std::ifstream file(fmt::format("/proc/{}/syscall", pid));
  long number = -1;
  file >> number;
  for (const auto& [call, name] : kCalls) {
    if (call == number) return name;
  }
  return std::nullopt;
}

bool SleepsForATime(pid_t pid) {
  // Which argument is the time, a null pointer if there is none.
  static constexpr std::pair<long, std::size_t> kCalls[] = {{__NR_nanosleep, 0},
                                                            {__NR_clock_nanosleep, 2},
                                                            {__NR_rt_sigtimedwait, 2},
                                                            {__NR_ppoll, 2},
                                                            {__NR_pselect6, 4}};
  std::ifstream file(fmt::format("/proc/{}/syscall", pid));
  long number = -1;
  std::array<std::string, 6> arguments;
  file >> number;
  for (std::string& argument : arguments) file >> argument;
  return std::ranges::any_of(kCalls, [&](const auto& call) {
    return call.first == number && arguments[call.second] != "0x0";
  });
}

bool TakesSignals(pid_t pid) {
  constexpr std::uint64_t kBoth = 1ULL << (SIGUSR1 - 1) | 1ULL << (SIGUSR2 - 1);
  const auto facts = InspectProcess(pid);
  return facts && ((facts->signals.caught | facts->signals.blocked) & kBoth) != 0;
}

pid_t TracedBy(pid_t tracer) {
  for (const Stat& stat : AllProcesses()) {
    if (stat.parent == tracer && stat.state != 'Z') return stat.pid;
  }
  return tracer;
}

void EndChildren(std::optional<pid_t> session) {
  for (const auto end = Clock::now() + kEndTimeout; Clock::now() < end;) {
    bool any = false;
    for (const Stat& stat : AllProcesses()) {
      if (stat.parent != getpid() || (session && stat.session != *session)) continue;
      any = true;
      std::optional<Process> process;
      if (Process::Open(stat.pid, &process) == Status::kOk) process->Send(SIGKILL);
      waitpid(stat.pid, nullptr, WNOHANG);
    }
    if (!any) return;
    std::this_thread::sleep_for(milliseconds(1));
  }
}

}  // namespace minitalk

#include "core/endpoint/server.h"

#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "core/endpoint/server_output.h"
#include "core/endpoint/server_session.h"
#include "core/os/child.h"
#include "core/os/fd.h"
#include "core/os/process_facts.h"
#include "core/os/signals.h"
#include "core/wire/handshake.h"

namespace minitalk {
namespace {

using Clock = std::chrono::steady_clock;

// For so long a stranger is not looked at again: a storm costs no more than taking its signals.
constexpr std::chrono::milliseconds kStrangerMemory{1000};

// Of the sessions together, roughly: a protocol may make threads, and there are other users.
constexpr std::size_t kMostThreads = 4096;

// How long sessions get to finish the line they are writing before they are killed.
constexpr std::chrono::milliseconds kGrace{2000};

class Acceptor {
 public:
  Acceptor(const ServerOptions& options, ProtocolMenu menu)
      : options_(options),
        menu_(menu),
        log_(options.name, options.verbosity),
        output_(STDOUT_FILENO, options.format, options.idle_timeout / 2, FirstLine()),
        table_(options.once ? 1 : options.max_sessions) {}

  int Run() {
    PrepareSignals(kServerName, {SIGCHLD, SIGTERM, SIGINT, SIGHUP});
    if (!Announce(options_.pidfile, options_.hint, log_, output_)) return EX_CANTCREAT;
    while (!done_) {
      const auto caught = TakeSignal({SIGUSR1, SIGUSR2, SIGCHLD, SIGTERM, SIGINT, SIGHUP});
      if (!caught) continue;
      Handle(*caught);
    }
    EndSessions();
    if (!options_.pidfile.empty()) unlink(options_.pidfile.c_str());
    return exit_code_;
  }

 private:
  void Handle(const Caught& caught) {
    switch (caught.signal) {
      case SIGCHLD:
        return Reap();
      case SIGUSR1:
        return OnRequest(caught.sender);
      case SIGUSR2:
        return log_.Detail("ignored a stray SIGUSR2 from process {}", caught.sender);
      default:
        done_ = AsksToEnd(caught.signal);
    }
  }

  void OnRequest(pid_t client) {
    // Under a storm of foreign signals there is no time to look at each: the slot must be free
    // again when a client connects.
    if (client == stranger_ && Clock::now() < stranger_until_) return;
    switch (table_.Decide(client)) {
      case SessionTable::Decision::kUnknown:
        return log_.Detail("ignored a connect request whose sender the kernel does not vouch for");
      case SessionTable::Decision::kIgnore:
        return;
      case SessionTable::Decision::kFull:
        return log_.Detail("full: client {} has to wait", client);
      case SessionTable::Decision::kAdmit:
        return Admit(client);
    }
  }

  void Admit(pid_t client) {
    SessionOptions session_options;
    std::optional<Process> process = OpenClient(client, &session_options.cpu);
    if (!process) return;
    session_options.most_threads = kMostThreads / (table_.sessions().size() + 1);
    // Its end is asked for by SIGTERM, so that it can finish the line that it is writing.
    const pid_t session = Fork(
        [&] {
          return RunServerSession(options_, menu_, log_, output_, std::move(*process),
                                  session_options);
        },
        SIGTERM);
    if (session > 0) return table_.Add(client, session);
    log_.Say("cannot fork a session ({}); client {} has to wait", std::strerror(errno), client);
  }

  // Nobody is answered who did not visibly ask for signals: the request may have been anybody's.
  // The process is held before it is looked at, so that it is the same one which will be answered.
  std::optional<Process> OpenClient(pid_t pid, std::optional<int>* only_cpu) {
    std::optional<Process> process;
    const Status status = Process::Open(pid, &process);
    const auto facts = InspectProcess(pid);
    if (status != Status::kOk || !facts) {
      log_.Detail("client {} was gone before it was answered", pid);
      return std::nullopt;
    }
    if (facts->catches_both && facts->name == kClientName) {
      *only_cpu = facts->only_cpu;
      return process;
    }
    stranger_ = pid;
    stranger_until_ = Clock::now() + kStrangerMemory;
    log_.Say("process {} ({}) asked for a session but is no minitalk client; it gets no answer",
             pid, EscapeForTerminal(facts->name));
    return std::nullopt;
  }

  void Reap() {
    int status = 0;
    for (pid_t pid = 0; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
      table_.Remove(pid);
      if (WIFSIGNALED(status)) log_.Say("session {} died of signal {}", pid, WTERMSIG(status));
      if (options_.once && WIFEXITED(status) && WEXITSTATUS(status) == EX_OK) done_ = true;
      if (done_ || status == 0 || !NobodyReads(log_, output_)) continue;
      exit_code_ = EX_IOERR;
      done_ = true;
    }
  }

  // All are asked to end at once, so that stopping takes no longer with many sessions than with
  // one. Each is held only while it is needed: there may be more of them than a process may have
  // descriptors.
  void EndSessions() {
    ForEachSession([](const Process& session) { session.Send(SIGTERM); });
    const auto end = Clock::now() + kGrace;
    ForEachSession([&](const Process& session) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
      if (!session.AwaitEnd(std::max(left, std::chrono::milliseconds(0)))) session.Send(SIGKILL);
    });
    for (const auto& [client, session] : table_.sessions()) waitpid(session, nullptr, 0);
  }

  // Of those that live. None is reaped meanwhile, so their pids are still theirs.
  template <typename Use>
  void ForEachSession(Use use) const {
    for (const auto& [client, session] : table_.sessions()) {
      std::optional<Process> process;
      if (Process::Open(session, &process) == Status::kOk) use(*process);
    }
  }

  const ServerOptions& options_;
  ProtocolMenu menu_;
  Log log_;
  Output output_;
  SessionTable table_;
  pid_t stranger_ = 0;  // who asked last without being a client
  Clock::time_point stranger_until_;
  bool done_ = false;
  int exit_code_ = EX_OK;
};

}  // namespace

int RunServer(const ServerOptions& options, ProtocolMenu menu) {
  FillStandardDescriptors();
  return Acceptor(options, menu).Run();
}

}  // namespace minitalk

// A shim between the programs and the kernel, loaded with LD_PRELOAD: makes the n-th call of a role
// fail, or kills the process there. What it does is told by the environment:
//
//   MINITALK_FAULT=role:calls:n:action
//     role    server (the acceptor), session (a child it forks), client
//     calls   any, or send (only those that send a signal)
//     action  EINTR EAGAIN EPERM ESRCH ENOSYS: the call fails so
//             SHORT: a read or write does half; NOTHING: only the mark
//             DIE: SIGKILL before the call
//             KILL1 KILL2 TGKILL1 TGKILL2 QUEUE1 QUEUE2: before the call another process sends
//             SIGUSR1 or SIGUSR2 by kill, tgkill or sigqueue
//   MINITALK_FAULT_MARK=path   is created when it happens, so that a sweep over n knows its end
//
// Only calls that go through the dynamic linker are seen: those of the core and of libstdc++, not
// those within libc. Counting starts anew after a fork.
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

struct Fault {
  bool armed = false;
  bool sends_only = false;
  long n = 0;
  char role[16] = {};
  char action[16] = {};
};

Fault fault;
char role[16] = {};
long calls = 0;

template <typename Function>
Function Next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

using SyscallFunction = long (*)(long, ...);

long Raw(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) {
  static const auto next = Next<SyscallFunction>("syscall");
  return next(number, a, b, c, d, e, f);
}

__attribute__((constructor)) void Read() {
  const char* text = getenv("MINITALK_FAULT");
  if (text == nullptr) return;
  char calls_text[16] = {};
  if (sscanf(text, "%15[^:]:%15[^:]:%ld:%15s", fault.role, calls_text, &fault.n, fault.action) != 4)
    return;
  fault.armed = true;
  fault.sends_only = strcmp(calls_text, "send") == 0;
  const char* slash = strrchr(program_invocation_name, '/');
  strncpy(role, slash != nullptr ? slash + 1 : program_invocation_name, sizeof role - 1);
}

bool IsSend(long number) { return number == SYS_pidfd_send_signal || number == SYS_tgkill; }

// A child does it: a third process, as far as anybody can see.
void SendForeignSignal() {
  const size_t length = strlen(fault.action);
  const char which = length > 0 ? fault.action[length - 1] : ' ';
  if (which != '1' && which != '2') return;
  const int signal = which == '1' ? SIGUSR1 : SIGUSR2;
  const long target = Raw(SYS_getpid);
  const long child = Raw(SYS_fork);
  if (child == 0) {
    if (fault.action[0] == 'K') Raw(SYS_kill, target, signal);
    if (fault.action[0] == 'T') Raw(SYS_tgkill, target, target, signal);
    if (fault.action[0] == 'Q') {
      siginfo_t info = {};
      info.si_signo = signal;
      info.si_code = SI_QUEUE;
      info.si_pid = static_cast<pid_t>(Raw(SYS_getppid));  // forged: as if from our parent
      Raw(SYS_rt_sigqueueinfo, target, signal, reinterpret_cast<long>(&info));
    }
    Raw(SYS_exit_group, 0);
  }
  Raw(SYS_wait4, child, 0, 0, 0);
}

// True: this is the call. Leaves the mark; does not return if it is to die here.
bool Strikes(bool sends) {
  if (!fault.armed || strcmp(role, fault.role) != 0) return false;
  if (fault.sends_only && !sends) return false;
  if (++calls != fault.n) return false;
  if (const char* mark = getenv("MINITALK_FAULT_MARK")) {
    const long fd =
        Raw(SYS_openat, AT_FDCWD, reinterpret_cast<long>(mark), O_CREAT | O_WRONLY, 0600);
    if (fd >= 0) Raw(SYS_close, fd);
  }
  if (strcmp(fault.action, "DIE") == 0) Raw(SYS_kill, Raw(SYS_getpid), SIGKILL);
  const int kept = errno;
  SendForeignSignal();
  errno = kept;
  return true;
}

bool Fails() { return fault.action[0] == 'E'; }
bool IsShort() { return strcmp(fault.action, "SHORT") == 0; }

int Error() {
  if (strcmp(fault.action, "EINTR") == 0) return EINTR;
  if (strcmp(fault.action, "EAGAIN") == 0) return EAGAIN;
  if (strcmp(fault.action, "EPERM") == 0) return EPERM;
  if (strcmp(fault.action, "ESRCH") == 0) return ESRCH;
  return ENOSYS;
}

template <typename Result>
Result Fail() {
  errno = Error();
  return static_cast<Result>(-1);
}

}  // namespace

extern "C" {

long syscall(long number, ...) {
  va_list arguments;
  va_start(arguments, number);
  long a[6];
  for (long& argument : a) argument = va_arg(arguments, long);
  va_end(arguments);
  if (Strikes(IsSend(number)) && Fails()) return Fail<long>();
  return Raw(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

ssize_t write(int fd, const void* bytes, size_t size) {
  static const auto next = Next<ssize_t (*)(int, const void*, size_t)>("write");
  if (Strikes(false)) {
    if (Fails()) return Fail<ssize_t>();
    if (IsShort()) size = (size + 1) / 2;
  }
  return next(fd, bytes, size);
}

ssize_t read(int fd, void* bytes, size_t size) {
  static const auto next = Next<ssize_t (*)(int, void*, size_t)>("read");
  if (Strikes(false)) {
    if (Fails()) return Fail<ssize_t>();
    if (IsShort()) size = (size + 1) / 2;
  }
  return next(fd, bytes, size);
}

int poll(pollfd* fds, nfds_t count, int timeout) {
  static const auto next = Next<int (*)(pollfd*, nfds_t, int)>("poll");
  if (Strikes(false) && Fails()) return Fail<int>();
  return next(fds, count, timeout);
}

pid_t fork(void) {
  static const auto next = Next<pid_t (*)()>("fork");
  if (Strikes(false) && Fails()) return Fail<pid_t>();
  const pid_t pid = next();
  if (pid == 0 && strcmp(role, "server") == 0) {
    strcpy(role, "session");
    calls = 0;
  }
  return pid;
}

int sigaction(int signal, const struct sigaction* action, struct sigaction* old) {
  static const auto next =
      Next<int (*)(int, const struct sigaction*, struct sigaction*)>("sigaction");
  if (Strikes(false) && Fails()) return Fail<int>();
  return next(signal, action, old);
}

int sigprocmask(int how, const sigset_t* set, sigset_t* old) {
  static const auto next = Next<int (*)(int, const sigset_t*, sigset_t*)>("sigprocmask");
  if (Strikes(false) && Fails()) return Fail<int>();
  return next(how, set, old);
}

int setitimer(__itimer_which_t which, const itimerval* value, itimerval* old) {
  static const auto next =
      Next<int (*)(__itimer_which_t, const itimerval*, itimerval*)>("setitimer");
  if (Strikes(false) && Fails()) return Fail<int>();
  return next(which, value, old);
}

int prctl(int option, ...) {
  static const auto next =
      Next<int (*)(int, unsigned long, unsigned long, unsigned long, unsigned long)>("prctl");
  va_list arguments;
  va_start(arguments, option);
  unsigned long a[4];
  for (unsigned long& argument : a) argument = va_arg(arguments, unsigned long);
  va_end(arguments);
  if (Strikes(false) && Fails()) return Fail<int>();
  return next(option, a[0], a[1], a[2], a[3]);
}

}  // extern "C"

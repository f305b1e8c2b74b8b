// A slowdown that is known, loaded with LD_PRELOAD into the bench: what perf-check must find. After
// each call that sends a signal the process is busy for a while. Told by the environment:
//
//   MINITALK_SLOW_LOOPS=n   turns of a loop; 0: only the shim's own weight, for a fair base
//   MINITALK_SLOW_CALLS=n   system calls that do nothing
//
// Work and not time, because a shared machine changes its speed by half within seconds: then the
// work takes longer as well, and stays the same share of a round.
//
// Only the link sends through syscall(); the floor's kill() stays as fast as it is.
#include <dlfcn.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace {

long loops = 0;
long more_calls = 0;

__attribute__((constructor)) void Read() {
  if (const char* text = getenv("MINITALK_SLOW_LOOPS")) loops = atol(text);
  if (const char* text = getenv("MINITALK_SLOW_CALLS")) more_calls = atol(text);
}

bool IsSend(long number) {
  return number == SYS_pidfd_send_signal || number == SYS_tgkill || number == SYS_rt_tgsigqueueinfo;
}

using SyscallFunction = long (*)(long, ...);

long Raw(long number, const long* a) {
  static const auto next = reinterpret_cast<SyscallFunction>(dlsym(RTLD_NEXT, "syscall"));
  return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

void Dawdle() {
  static constexpr long kNothing[6] = {};
  for (long i = 0; i < more_calls; ++i) Raw(SYS_getppid, kNothing);
  for (long i = 0; i < loops; ++i) asm volatile("");  // the compiler must not see through it
}

}  // namespace

extern "C" long syscall(long number, ...) {
  va_list arguments;
  va_start(arguments, number);
  long a[6];
  for (long& argument : a) argument = va_arg(arguments, long);
  va_end(arguments);
  const long result = Raw(number, a);
  if (!IsSend(number)) return result;
  const int kept = errno;
  Dawdle();
  errno = kept;
  return result;
}

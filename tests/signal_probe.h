// Raw signal calls for the tests that send what no link would. The four slots have a letter
// each, in the order in which the kernel should hand them out:
//   a  private USR1    b  private USR2    c  shared USR1    d  shared USR2
#pragma once

#include <sys/types.h>

#include <csignal>
#include <ctime>
#include <string>

namespace minitalk {

inline const std::string kAllSlots = "abcd";

sigset_t BothSignals();
void BlockBoth();

// Fills one of the four slots of a process's main thread. True: the kernel says it did.
bool SendTo(pid_t pid, char slot);

// The raw rt_sigtimedwait on both signals: the number, or -1 and errno. Does not wait by default;
// a null `timeout` waits for ever.
inline constexpr timespec kNoTime{};
int TakeRaw(siginfo_t* info, const timespec* timeout = &kNoTime);

// rt_sigqueueinfo(2), where the sender fills in everything. 0, or errno.
int QueueInfo(pid_t pid, const siginfo_t& info);
siginfo_t ForgedInfo(int signal, int code, pid_t sender, int value);

// Sets how many queued signals a process may have pending (RLIMIT_SIGPENDING), as far as it may be
// set back: only the soft limit. False: the kernel refused. / Sets it back to the hard limit.
bool LimitPending(pid_t pid, unsigned long most);
bool UnlimitPending(pid_t pid);

}  // namespace minitalk

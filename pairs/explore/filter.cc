#include "pairs/explore/filter.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include <cstddef>
#include <vector>

#include "pairs/explore/machine.h"

namespace minitalk::explore {
namespace {

constexpr std::uint32_t Offset(std::size_t bytes) { return static_cast<std::uint32_t>(bytes); }
constexpr std::uint32_t kNumber = Offset(offsetof(seccomp_data, nr));
constexpr std::uint32_t kArchitecture = Offset(offsetof(seccomp_data, arch));
constexpr std::uint32_t Argument(std::size_t index) {
  return Offset(offsetof(seccomp_data, args) + index * sizeof(std::uint64_t));
}

sock_filter Load(std::uint32_t offset) { return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset); }
sock_filter Return(std::uint32_t action) { return BPF_STMT(BPF_RET | BPF_K, action); }
// Goes on where equal, else skips so many.
sock_filter UnlessSkip(std::uint32_t value, std::uint8_t skip) {
  return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip);
}

// For one call: reached with its number loaded.
void Append(std::vector<sock_filter>& code, Call call) {
  const long number = Machine::NumberOf(call);
  if (number < 0) return;
  const auto known = static_cast<std::uint32_t>(number);
  if (call == Call::k_mmap) {  // only what is shared
    code.insert(code.end(), {UnlessSkip(known, 4), Load(Argument(3)),
                             BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, MAP_SHARED, 0, 1),
                             Return(SECCOMP_RET_TRACE), Return(SECCOMP_RET_ALLOW)});
  } else if (call == Call::k_clone) {
    code.insert(code.end(),
                {UnlessSkip(known, 4), Load(Argument(5)), UnlessSkip(kCheckpointMark, 1),
                 Return(SECCOMP_RET_ALLOW), Return(SECCOMP_RET_TRACE)});
  } else {
    code.insert(code.end(), {UnlessSkip(known, 1), Return(SECCOMP_RET_TRACE)});
  }
}

}  // namespace

bool InstallFilter() {
  std::vector<sock_filter> code{Load(kArchitecture), UnlessSkip(Machine::kAuditArchitecture, 1),
                                Load(kNumber)};
  // Another architecture's calls (32 bits on 64) cannot be told apart: they are refused.
  code[1] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, Machine::kAuditArchitecture, 1, 0);
  code.insert(code.begin() + 2, Return(SECCOMP_RET_KILL_PROCESS));
#define CALL(name, x86_64, aarch64, kind) Append(code, Call::k_##name);
#include "pairs/explore/calls.inc"
#undef CALL
  code.push_back(Return(SECCOMP_RET_ALLOW));
  const sock_fprog program{.len = static_cast<unsigned short>(code.size()), .filter = code.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

}  // namespace minitalk::explore

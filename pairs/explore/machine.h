// What differs between architectures: where a stopped program keeps the number, the arguments and
// the result of its system call, how long the instruction is, how calls are numbered. Both
// architectures are compiled everywhere, so that decoding can be tested without the machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace minitalk::explore {

// The system calls that the explorer knows.
enum class Call : std::uint8_t {
#define CALL(name, x86_64, aarch64, kind) k_##name,
#include "pairs/explore/calls.inc"
#undef CALL
};

// What the explorer does at a call.
enum class CallKind : std::uint8_t {
  kSend,         // may signal another process
  kPidArgument,  // its first argument is a pid, and nothing else is to be done
  kAction,       // rt_sigaction
  kLocal,        // concerns nobody else
  kReturn,       // the end of a handler
  kWait,         // may sleep
  kRead,         // may sleep, by what it reads from
  kYield,        // asks that others run
  kTimer,        // sets an alarm
  kClock,        // asks for the time
  kRandom,       // asks for random bytes
  kIdentity,     // asks for a pid
  kWrite,        // may write to the terminal
  kFork,         // makes a process or a thread
  kOpen,         // may open a file of /proc
  kShare,        // maps memory that processes share; others of the same number do not stop
  kPlacement,    // chooses CPUs, which is the explorer's to do
};

// "pause", and its kind.
std::string_view ToString(Call call);
CallKind KindOf(Call call);

// x86-64: registers as NT_PRSTATUS has them (struct user_regs_struct).
struct X86_64 {
  static constexpr std::uint32_t kAuditArchitecture = 0xC000003E;
  static constexpr std::uint64_t kInstructionBytes = 2;  // of `syscall`
  static constexpr std::uint64_t kRedZoneBytes = 128;    // below the stack pointer, in use
  static constexpr bool kResultIsFirstArgument = false;
  struct Registers {
    std::uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi, orig_rax,
        rip, cs, eflags, rsp, ss, fs_base, gs_base, ds, es, fs, gs;
  };
  static long NumberOf(Call call);
  static std::uint64_t Number(const Registers& r) { return r.orig_rax; }
  static std::uint64_t Argument(const Registers& r, int index);
  static void SetArgument(Registers& r, int index, std::uint64_t value);
  static std::uint64_t Result(const Registers& r) { return r.rax; }
  static void SetResult(Registers& r, std::uint64_t value) { r.rax = value; }
  static std::uint64_t Pc(const Registers& r) { return r.rip; }
  static std::uint64_t Sp(const Registers& r) { return r.rsp; }
  // REQUIRES: as at the call's entry. So that the instruction is executed again, with `number`.
  static void Rewind(Registers& r, std::uint64_t number);
  // No call: it is left out, or not begun again behind the explorer's back.
  static void Void(Registers& r) { r.orig_rax = ~std::uint64_t{0}; }
};

// aarch64: struct user_pt_regs. The number of a call that has begun is a register set of its own
// (NT_ARM_SYSTEM_CALL), so Void() alone does not make it void there.
struct Aarch64 {
  static constexpr std::uint32_t kAuditArchitecture = 0xC00000B7;
  static constexpr std::uint64_t kInstructionBytes = 4;  // of `svc #0`
  static constexpr std::uint64_t kRedZoneBytes = 0;
  static constexpr bool kResultIsFirstArgument = true;
  struct Registers {
    std::uint64_t x[31];
    std::uint64_t sp, pc, pstate;
  };
  static long NumberOf(Call call);
  static std::uint64_t Number(const Registers& r) { return r.x[8]; }
  static std::uint64_t Argument(const Registers& r, int index) { return r.x[index]; }
  static void SetArgument(Registers& r, int index, std::uint64_t value) { r.x[index] = value; }
  static std::uint64_t Result(const Registers& r) { return r.x[0]; }
  static void SetResult(Registers& r, std::uint64_t value) { r.x[0] = value; }
  static std::uint64_t Pc(const Registers& r) { return r.pc; }
  static std::uint64_t Sp(const Registers& r) { return r.sp; }
  static void Rewind(Registers& r, std::uint64_t number);
  static void Void(Registers&) {}
};

#if defined(__x86_64__)
using Machine = X86_64;
#elif defined(__aarch64__)
using Machine = Aarch64;
#else
#error "minitalk-explore knows x86-64 and aarch64"
#endif
using Registers = Machine::Registers;

// The known call with that number on this machine.
template <typename Architecture>
std::optional<Call> CallOf(std::uint64_t number);
extern template std::optional<Call> CallOf<X86_64>(std::uint64_t number);
extern template std::optional<Call> CallOf<Aarch64>(std::uint64_t number);

}  // namespace minitalk::explore

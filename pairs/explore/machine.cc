#include "pairs/explore/machine.h"

#include <array>
#include <cstddef>

namespace minitalk::explore {
namespace {

struct Entry {
  std::string_view name;
  long x86_64;
  long aarch64;
  CallKind kind;
};

constexpr Entry kEntries[] = {
#define CALL(name, x86_64, aarch64, kind) {#name, x86_64, aarch64, CallKind::kind},
#include "pairs/explore/calls.inc"
#undef CALL
};

const Entry& EntryOf(Call call) { return kEntries[static_cast<std::size_t>(call)]; }

constexpr std::array kArguments{&X86_64::Registers::rdi, &X86_64::Registers::rsi,
                                &X86_64::Registers::rdx, &X86_64::Registers::r10,
                                &X86_64::Registers::r8,  &X86_64::Registers::r9};

}  // namespace

std::string_view ToString(Call call) { return EntryOf(call).name; }
CallKind KindOf(Call call) { return EntryOf(call).kind; }

long X86_64::NumberOf(Call call) { return EntryOf(call).x86_64; }
long Aarch64::NumberOf(Call call) { return EntryOf(call).aarch64; }

std::uint64_t X86_64::Argument(const Registers& r, int index) {
  return r.*kArguments[static_cast<std::size_t>(index)];
}

void X86_64::SetArgument(Registers& r, int index, std::uint64_t value) {
  r.*kArguments[static_cast<std::size_t>(index)] = value;
}

void X86_64::Rewind(Registers& r, std::uint64_t number) {
  r.rip -= kInstructionBytes;
  r.rax = number;
}

void Aarch64::Rewind(Registers& r, std::uint64_t number) {
  r.pc -= kInstructionBytes;
  r.x[8] = number;
}

template <typename Architecture>
std::optional<Call> CallOf(std::uint64_t number) {
  for (std::size_t i = 0; i < std::size(kEntries); ++i) {
    const auto call = static_cast<Call>(i);
    const long known = Architecture::NumberOf(call);
    if (known >= 0 && static_cast<std::uint64_t>(known) == number) return call;
  }
  return std::nullopt;
}

template std::optional<Call> CallOf<X86_64>(std::uint64_t number);
template std::optional<Call> CallOf<Aarch64>(std::uint64_t number);

}  // namespace minitalk::explore

// How a program under exploration is started, so that it runs the same way each time.
#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "core/os/child.h"
#include "core/os/fd.h"
#include "core/os/system_error.h"
#include "pairs/explore/filter.h"
#include "pairs/explore/tracee.h"

namespace minitalk::explore {
namespace {

constexpr std::uintptr_t kOptions = PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP |
                                    PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC |
                                    PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE;

struct Pipe {
  Pipe() {
    int ends[2];
    Require(pipe2(ends, O_CLOEXEC), "pipe2");
    read_end = Fd(ends[0]);
    write_end = Fd(ends[1]);
  }
  Fd read_end;
  Fd write_end;
};

// The auxiliary vector of a program that has not begun: no vDSO, so that clocks are system calls,
// and the 16 random bytes of which stack protectors are made are always the same.
void MakeReproducible(const Tracee& tracee) {
  std::uint64_t at = Machine::Sp(tracee.GetRegisters());
  std::uint64_t word = 0;
  const auto next = [&] {
    if (!tracee.ReadValue(at, &word)) throw CannotExplore("the program's stack cannot be read");
    at += sizeof word;
    return word;
  };
  next();  // the number of arguments
  for (int list = 0; list < 2; ++list) {
    while (next() != 0) {  // arguments, then the environment
    }
  }
  for (std::uint64_t type = next(); type != AT_NULL; type = next()) {
    const std::uint64_t value = next();
    if (type == AT_SYSINFO_EHDR) {
      tracee.WriteValue(at - 2 * sizeof word, std::uint64_t{AT_IGNORE});
    } else if (type == AT_RANDOM) {
      constexpr std::array<char, 16> kBytes{"minitalk explor"};
      tracee.WriteValue(value, kBytes);
    }
  }
}

// In the child: waits until it is traced.
void Begin(const Launch& launch, char* const* words, int terminal, const Pipe& go) {
  char byte = 0;
  if (read(go.read_end.get(), &byte, 1) != 1) return;
  if (personality(ADDR_NO_RANDOMIZE) >= 0 && InstallFilter()) Become(launch, words, terminal);
}

}  // namespace

Tracee Tracee::Start(const Launch& launch, int terminal) {
  std::vector<char*> words;
  for (const std::string& word : launch.command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  Pipe go;
  const auto begin = [&] {
    Begin(launch, words.data(), terminal, go);
    return errno;
  };
  const Tracee tracee(Require(Fork(begin), "fork"));
  try {
    tracee.Ask(PTRACE_SEIZE, 0, reinterpret_cast<void*>(kOptions));
  } catch (const std::system_error& error) {
    tracee.Kill();
    throw CannotExplore(
        fmt::format("programs cannot be traced here: {}; a container may forbid ptrace",
                    error.code().message()));
  }
  [[maybe_unused]] const auto told = write(go.write_end.get(), "", 1);
  for (;;) {
    const Stop stop = tracee.Wait(std::chrono::seconds(10));
    if (stop.kind == Stop::Kind::kExec) break;
    if (stop.kind == Stop::Kind::kExited || stop.kind == Stop::Kind::kKilled) {
      throw CannotExplore(fmt::format("{} cannot be started: {}", launch.command.front(),
                                      std::strerror(stop.value)));
    }
    tracee.Run();
  }
  MakeReproducible(tracee);
  return tracee;
}

}  // namespace minitalk::explore

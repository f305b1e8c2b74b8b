// minitalk-kernel-check: every fact of docs/kernel.md, asked of the kernel that it runs on. Linked
// statically and without any library but those of the language, so that it runs where nothing else
// is: under an emulator, in a sandbox, or as the init of a kernel that is being written.
#include <sysexits.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <vector>

#include "verify/kernel/check.h"
#include "verify/kernel/command_line.h"
#include "verify/kernel/model.h"
#include "verify/kernel/tap.h"

namespace minitalk::verify {
namespace {

std::uint64_t SeedByTheClock() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return (static_cast<std::uint64_t>(now.tv_nsec) ^ static_cast<std::uint64_t>(now.tv_sec)) %
         1'000'000'000;
}

void Print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

// Asks them all, or that one. True: it is as on Linux.
bool AskAll(const CheckOptions& options) {
  std::vector<const fact*> asked;
  for (const fact* fact : AllFacts()) {
    if (!options.only || *options.only == fact->name) asked.push_back(fact);
  }
  const std::uint64_t seed = options.seed ? *options.seed : SeedByTheClock();
  SetModelSeed(seed);
  Print(TapHead(asked.size(), seed));
  std::size_t number = 0;
  std::size_t others = 0;
  for (const fact* fact : asked) {
    const Outcome outcome = Ask(*fact);
    if (outcome.answer == Answer::kNotAsLinux) ++others;
    Print(TapPoint(++number, *fact, outcome, seed));
  }
  if (others > 0) {
    Print("# " + std::to_string(others) + " of " + std::to_string(number) +
          " are not as on Linux\n");
  }
  return others == 0;
}

int Program(int argc, char** argv) {
  GoOnAfterExec();
  const auto options = ReadCommandLine(argc, argv);
  if (!options) return EX_USAGE;
  int code = 0;
  if (options->print.empty()) {
    code = AskAll(*options) ? 0 : 1;
  } else {
    Print(options->print);
  }
  if (std::ferror(stdout) == 0) return code;
  Complain("standard output cannot be written");
  return EX_IOERR;
}

}  // namespace
}  // namespace minitalk::verify

int main(int argc, char** argv) { return minitalk::verify::Program(argc, argv); }

#include "verify/replay.h"

#include <fmt/format.h>
#include <sysexits.h>

#include <cstdlib>

#include "apps/cli/standard_output.h"
#include "core/os/log.h"
#include "core/wire/text.h"
#include "verify/planted.h"
#include "verify/transfer.h"

namespace minitalk::verify {
namespace {

// Enough for every schedule of the default message, and reached within seconds.
constexpr std::uint64_t kMostStates = 200'000;

std::optional<TransferSetup> SetupOf(ProtocolMenu menu, const std::string& name) {
  for (const PlantedBug& bug : PlantedBugs()) {
    if (bug.name == name) return bug.setup();
  }
  const auto choice = ChooseProtocol(menu, name);
  if (!choice) return std::nullopt;
  return TransferSetup{choice->info->make(choice->parameter), {.lockstep = choice->info->timed}};
}

std::string UnknownToReplay(ProtocolMenu menu, const std::string& name) {
  auto names = NamesOf(menu);
  for (const PlantedBug& bug : PlantedBugs()) names.push_back(bug.name);
  return fmt::format("no protocol or planted bug is called \"{}\"{}; --list names them",
                     EscapeForTerminal(name), DidYouMean(name, names));
}

std::optional<Message> ParseMessage(const std::string& text) {
  if (text.empty() || text.size() > 64 || text.find_first_not_of("01") != std::string::npos) {
    return std::nullopt;
  }
  return MessageOf(text.size(), std::stoull(text, nullptr, 2));
}

// A schedule to show, and what is to be said of the others.
struct Chosen {
  Choices choices;
  std::string others;
};

Chosen FindOne(Transfer& scenario) {
  const Limits limits{.states = kMostStates};
  const Exploration all = ExploreAll(scenario, limits);
  if (!all.failure) {
    return {Walk(scenario, 1).choices,
            all.complete ? fmt::format("of this message the same is true of every schedule ({} "
                                       "states); --seed shows others",
                                       all.states)
                         : "not every schedule of this message was looked at; --seed shows others"};
  }
  const auto shortest = FindShortest(scenario, all.failure->steps.size(), limits);
  return {shortest.value_or(*all.failure).choices,
          shortest ? "no schedule of this message fails sooner" : "another one may fail sooner"};
}

}  // namespace

int ReplayOne(const ReplayOptions& options, ProtocolMenu menu, std::string_view program) {
  const auto setup = SetupOf(menu, options.name);
  const auto message = ParseMessage(options.message);
  if (!setup || !message) {
    PrintError(
        "{}: {}\n", program,
        setup ? "--message takes up to 64 digits 0 and 1" : UnknownToReplay(menu, options.name));
    return EX_USAGE;
  }
  Transfer scenario(*setup, *message);
  Chosen chosen{options.choices, ""};
  if (options.seed) {
    chosen.choices = Walk(scenario, *options.seed).choices;
  } else if (options.choices.empty()) {
    chosen = FindOne(scenario);
  }
  const auto run = Replay(scenario, chosen.choices);
  if (!run) {
    PrintError(
        "{}: there is no such schedule; take the choices of that protocol's row in "
        "results/verdicts.json, with its message\n",
        program);
    return EX_USAGE;
  }
  Print("{}", Trace(*run));
  if (!chosen.others.empty()) Print("    {}\n", chosen.others);
  return run->violation.kind == Verdict::kLossFree ? EX_OK : EXIT_FAILURE;
}

}  // namespace minitalk::verify

// What a run shows: whether the message arrived, whole and once, and whether everybody comes to an
// end.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "pairs/explore/search.h"
#include "pairs/observation.h"

namespace minitalk::explore {
namespace {

constexpr std::size_t kServer = 0;
constexpr std::size_t kClient = 1;

std::size_t Count(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != text.npos && !part.empty();
       at = text.find(part, at + part.size())) {
    ++count;
  }
  return count;
}

std::string WhereItWaits(const Process& process) {
  if (process.at == At::kSpinning) return "spins";
  return fmt::format("waits in {}()", ToString(process.call));
}

bool TakesSignals(const Process& process) {
  for (const int signal : {SIGUSR1, SIGUSR2}) {
    if (process.actions[static_cast<std::size_t>(signal)].handler > 1) return true;
  }
  return false;
}

// What was printed in place of the message: behind what is as usual, or behind the first line.
std::string Unusual(const std::string& output, const Expected& expected) {
  const auto common = expected.copies > 0
                          ? std::ranges::mismatch(output, expected.output).in1 - output.begin()
                          : static_cast<std::ptrdiff_t>(output.find('\n') + 1);
  return Readable(output.substr(static_cast<std::size_t>(common)));
}

void JudgeMessage(const World& world, const std::string& message, const Expected& expected,
                  Run* run) {
  const Process& server = world.processes()[kServer];
  const Process& client = world.processes()[kClient];
  const std::string output = StripEscapes(server.output);
  const std::size_t copies = Count(output, message);
  const std::size_t wanted = std::max<std::size_t>(expected.copies, 1);
  if (copies == wanted) return;
  // It says itself that it failed.
  if (expected.copies > 0 && copies < wanted && client.status != expected.client_status) return;
  const std::string wrong = Unusual(output, expected);
  if (copies > wanted) {
    run->verdict = Verdict::kCorrupt;
    run->reason = "the message is printed more than once";
  } else if (wrong.empty() || !TakesSignals(client)) {
    run->verdict = Verdict::kLoses;
    run->reason = "the client has finished, and the server does not have the message";
  } else {
    run->verdict = Verdict::kCorrupt;
    run->reason = fmt::format("the server prints \"{}\"", wrong);
  }
}

std::string Ending(const Process& process) {
  return process.at == At::kGone ? DescribeStatus(*process.status) : WhereItWaits(process);
}

// A program alone comes to the same end whenever the signals come.
void JudgeAlone(const Process& process, const Expected& expected, Run* run) {
  const std::string ending = Ending(process);
  if (ending == expected.ending) return;
  const bool waits = process.at != At::kGone;
  run->verdict = waits ? Verdict::kDeadlock : Verdict::kCrash;
  run->reason = fmt::format("the program {}{}, where it usually {}", ending,
                            waits ? " for ever" : "", expected.ending);
}

}  // namespace

Expected ExpectationOf(const World& world, const std::string& message) {
  const Process& server = world.processes()[kServer];
  if (world.processes().size() == 1) return {"", 0, std::nullopt, Ending(server)};
  const std::string output = StripEscapes(server.output);
  return {output, Count(output, message), world.processes()[kClient].status, ""};
}

void Judge(const World& world, const std::string& message, const Expected& expected, Run* run) {
  if (!world.unsafe().empty()) {
    run->verdict = Verdict::kUnsafe;
    run->reason = world.unsafe();
    return;
  }
  if (expected.ending != "") return JudgeAlone(world.processes()[kServer], expected, run);
  for (const std::size_t index : {kServer, kClient}) {
    const Process& process = world.processes()[index];
    if (process.at != At::kGone || process.status >= 0) continue;
    run->verdict = Verdict::kCrash;
    run->reason = fmt::format("the {} {}", process.name, DescribeStatus(*process.status));
    return;
  }
  const Process& client = world.processes()[kClient];
  if (client.at != At::kGone) {
    run->verdict = Verdict::kDeadlock;
    run->reason = fmt::format("the client {} for ever", WhereItWaits(client));
    return;
  }
  JudgeMessage(world, message, expected, run);
}

const char* ToString(Verdict verdict) {
  switch (verdict) {
    case Verdict::kNoneFound:
      return "none found";
    case Verdict::kLoses:
      return "loses";
    case Verdict::kCorrupt:
      return "corrupt";
    case Verdict::kDeadlock:
      return "deadlock";
    case Verdict::kCrash:
      return "crash";
    case Verdict::kUnsafe:
      return "unsafe";
  }
  return "";
}

}  // namespace minitalk::explore

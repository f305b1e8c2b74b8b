#include "pairs/explore/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "core/os/log.h"

namespace minitalk::explore {
namespace {

constexpr std::size_t kColumn = 34;

std::string SignalName(int signal) {
  const char* name = sigabbrev_np(signal);
  return name != nullptr ? name : fmt::format("signal {}", signal);
}

// "100 us", "2 s".
std::string Duration(VirtualTime time) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  if (us < 1000) return fmt::format("{} us", us);
  if (us < 1'000'000) return fmt::format("{:g} ms", static_cast<double>(us) / 1e3);
  return fmt::format("{:g} s", static_cast<double>(us) / 1e6);
}

std::string Place(const Event& event) {
  if (!event.how) return "";
  return fmt::format(" {} {}()", *event.how == How::kBefore ? "just before" : "in",
                     ToString(event.call));
}

}  // namespace

std::string Describe(const Event& event, const std::vector<std::string>& names) {
  const auto name = [&](int index) {
    return index < 0 ? std::string("nobody") : names[static_cast<std::size_t>(index)];
  };
  const std::string signal = SignalName(event.signal);
  using Kind = Event::Kind;
  switch (event.kind) {
    case Kind::kSends:
      return event.other < 0 ? fmt::format("sends {} to nobody", signal)
                             : fmt::format("sends {}", signal);
    case Kind::kVanishes:
      return fmt::format("sends {}, which vanishes", signal);
    case Kind::kHandles:
      return fmt::format("handles {}{}", signal, Place(event));
    case Kind::kTakes:
      return fmt::format("takes {}", signal);
    case Kind::kDies:
      return fmt::format("dies of {}", signal);
    case Kind::kTimesOut:
      return fmt::format("ends its pause of {}", Duration(event.length));
    case Kind::kAlarm:
      return fmt::format("gets {} of its timer", signal);
    case Kind::kForeign:
      return fmt::format("gets {} of a stranger", signal);
    case Kind::kStopped:
      return fmt::format("is stopped and continued in {}()", ToString(event.call));
    case Kind::kWrites:
      return fmt::format("writes \"{}\"", EscapeForTerminal(event.text));
    case Kind::kForks:
      return fmt::format("forks {}", name(event.other));
    case Kind::kEnds:
      return fmt::format("ends with {}", event.signal);
    case Kind::kWaits:
      return fmt::format("waits in {}()", ToString(event.call));
    case Kind::kSpins:
      return "spins";
  }
  return "";
}

std::string RenderTrace(const Run& run, std::size_t most_lines) {
  std::string text = "     ";
  for (const std::string& name : run.names) text += fmt::format("{:{}}", name, kColumn);
  text.erase(text.find_last_not_of(' ') + 1);
  text += '\n';
  const std::size_t count = run.events.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (count > most_lines && i == most_lines / 2) {
      text += fmt::format("     ... {} more ...\n", count - most_lines);
      i = count - (most_lines - most_lines / 2);
    }
    const Event& event = run.events[i];
    text += fmt::format(
        "{:4} {:{}}{}\n", i + 1, "", kColumn * static_cast<std::size_t>(event.process),
        Describe(event, run.names) + (event.source.empty() ? "" : "  [" + event.source + "]"));
  }
  return text;
}

}  // namespace minitalk::explore

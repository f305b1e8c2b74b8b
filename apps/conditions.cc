#include "apps/conditions.h"

#include "apps/cli/command_line.h"

namespace minitalk {

void AddConditions(CLI::App& app, Conditions& conditions, const std::string& of_wait) {
  const auto set_wait = [&](const std::string& name) { conditions.wait = *ParseWaitMode(name); };
  const auto set_pin = [&](const std::string& name) { conditions.pin = *ParsePin(name); };
  app.add_option_function<std::string>("--wait", set_wait, of_wait)
      ->check(CLI::IsMember({"spin", "sleep", "auto"}))
      ->default_str("auto");
  app.add_option_function<std::string>("--pin", set_pin,
                                       "Both ends on the same CPU, across two, or unpinned")
      ->check(CLI::IsMember({"same", "cross", "none"}))
      ->default_str("none");
  app.add_option("--timeout", conditions.timeout_seconds,
                 "Give up after so long without any progress")
      ->type_name("SECONDS")
      ->check(SecondsCheck())
      ->capture_default_str();
  app.add_flag("--stats", conditions.stats, "Print one JSON object on standard error at the end");
}

std::optional<EndCpus> CpusFor(Pin pin, const Log& log) {
  const auto cpus = ChooseCpus(pin);
  if (!cpus) log.Say("--pin {} wants more CPUs than this process may use", ToString(pin));
  return cpus;
}

}  // namespace minitalk

#include "apps/ends.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace minitalk {
namespace {

constexpr std::string_view kDetect = "detect";

bool Open(const std::string& message, const std::optional<std::string>& file, Input* input) {
  const bool from_stdin = !file && message == "-";
  if (!file && !from_stdin) {
    input->source = std::make_unique<MemorySource>(std::as_bytes(std::span(message)));
    input->bytes = message.size();
    return true;
  }
  if (!from_stdin) {
    input->file = Fd(open(file->c_str(), O_RDONLY | O_CLOEXEC));
    if (!input->file.valid()) return false;
  }
  auto source = std::make_unique<DescriptorSource>(from_stdin ? STDIN_FILENO : input->file.get());
  if (!source->Prefetch()) return false;
  input->bytes = source->Length();
  input->source = std::move(source);
  return true;
}

}  // namespace

void AddConditions(Conditions* conditions, const std::string& of_wait,
                   std::vector<Option>* options) {
  options->push_back(
      Option("--wait", &conditions->wait, of_wait, "", "auto").Choices({"spin", "sleep", "auto"}));
  options->push_back(
      Option("--pin", &conditions->pin,
             "Both ends on the same CPU, across two, or unpinned; auto: on the same one where "
             "that is faster",
             "", "auto")
          .Choices({"same", "cross", "none", "auto"}));
  options->emplace_back("--timeout", &conditions->timeout_seconds,
                        "Give up after so long without any progress", "SECONDS", "10", kSeconds);
  options->emplace_back("--stats", &conditions->stats,
                        "Print one JSON object on standard error at the end");
}

std::optional<EndCpus> CpusFor(Pin pin, const Log& log) {
  const auto cpus = ChooseCpus(pin);
  if (!cpus) log.Say("--pin {} wants more CPUs than this process may use", ToString(pin));
  return cpus;
}

bool OpenInput(const std::string& message, const std::optional<std::string>& file, const Log& log,
               Input* input) {
  if (Open(message, file, input)) return true;
  const std::string error = std::strerror(errno);
  log.Say("cannot read {}: {}", file ? '"' + EscapeForTerminal(*file) + '"' : "standard input",
          error);
  return false;
}

Option ClassicOption(std::optional<std::string>* words, std::string help) {
  Option option("--classic", words, std::move(help), "FORMAT|detect");
  option.check = [](const std::string& text) {
    std::string error;
    if (text != kDetect) classic::Parse(text, &error);
    return error;
  };
  option.words = classic::WordGroups();
  return option;
}

std::optional<classic::Format> ClassicFormat(const std::string& words) {
  std::string error;
  return words == kDetect ? std::nullopt : classic::Parse(words, &error);
}

}  // namespace minitalk

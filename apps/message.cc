#include "apps/message.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/endpoint/output.h"

namespace minitalk {
namespace {

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

bool OpenInput(const std::string& message, const std::optional<std::string>& file, const Log& log,
               Input* input) {
  if (Open(message, file, input)) return true;
  const std::string error = std::strerror(errno);
  log.Say("cannot read {}: {}", file ? '"' + EscapeForTerminal(*file) + '"' : "standard input",
          error);
  return false;
}

}  // namespace minitalk

#include "core/os/log.h"

#include <unistd.h>
#include <utf8.h>

#include <cstdlib>

namespace minitalk {
namespace {

bool IsControl(char32_t point) { return point < 0x20 || (point >= 0x7f && point <= 0x9f); }

void AppendEscaped(std::string* out, std::string_view bytes) {
  for (const char byte : bytes) {
    if (byte == '\n') {
      *out += "\\n";
    } else if (byte == '\t') {
      *out += "\\t";
    } else {
      *out += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
    }
  }
}

}  // namespace

bool CanShowProgress() {
  const char* kind = std::getenv("TERM");
  return isatty(STDERR_FILENO) != 0 && (kind == nullptr || std::string_view(kind) != "dumb");
}

std::string EscapeForTerminal(std::string_view text) {
  std::string out;
  for (auto at = text.begin(); at != text.end();) {
    auto next = at;
    char32_t point = 0;
    try {
      point = utf8::next(next, text.end());
    } catch (const utf8::exception&) {
      next = at + 1;
      AppendEscaped(&out, {at, next});
      at = next;
      continue;
    }
    if (IsControl(point)) {
      AppendEscaped(&out, {at, next});
    } else {
      out.append(at, next);
    }
    at = next;
  }
  return out;
}

void WriteError(std::string_view text) {
  [[maybe_unused]] const auto written = write(STDERR_FILENO, text.data(), text.size());
}

void Log::Print(std::string_view text) const { PrintError("{}: {}\n", program_, text); }

}  // namespace minitalk

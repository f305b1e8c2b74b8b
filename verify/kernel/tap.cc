#include "verify/kernel/tap.h"

#include <sys/utsname.h>

#include <array>
#include <cstdio>

namespace minitalk::verify {
namespace {

// In one line, in which no `#` begins a directive.
std::string InOneLine(std::string_view text) {
  std::string line;
  for (const char character : text) {
    if (character == '#' || character == '\\') line += '\\';
    line += character == '\n' ? ' ' : character;
  }
  return line;
}

// The program that shows a fact alone. The model's are this one, with the seed.
std::string Reproducer(const fact& fact, std::uint64_t seed) {
  const std::string name = fact.name;
  if (!name.starts_with("model_")) return "verify/kernel/facts/" + name + ".c";
  return "minitalk-kernel-check --only " + name + " --seed " + std::to_string(seed);
}

// A key with the lines of `text`.
std::string Block(const char* key, std::string_view text) {
  std::string block = std::string("  ") + key + ": |-\n    ";
  for (const char character : text) {
    block += character;
    if (character == '\n') block += "    ";
  }
  return block + "\n";
}

}  // namespace

std::string TapHead(std::size_t count, std::uint64_t seed) {
  utsname system{};
  uname(&system);
  return "TAP version 14\n1.." + std::to_string(count) + "\n# " + std::string(system.sysname) +
         ' ' + system.release + ' ' + system.version + ' ' + system.machine + "\n# seed " +
         std::to_string(seed) + "\n";
}

std::string TapPoint(std::size_t number, const fact& fact, const Outcome& outcome,
                     std::uint64_t seed) {
  const bool differs = outcome.answer == Answer::kNotAsLinux;
  std::string text = (differs ? "not ok " : "ok ") + std::to_string(number) + " - " + fact.name;
  if (outcome.answer == Answer::kCannotBeAsked) text += " # SKIP " + InOneLine(outcome.found);
  text += '\n';
  if (!differs) return text;
  return text + "  ---\n  linux: " + Quoted(fact.linux_) + "\n" + Block("found", outcome.found) +
         "  matters: " + Quoted(fact.matters) +
         "\n  reproducer: " + Quoted(Reproducer(fact, seed)) + "\n  ...\n";
}

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (character == '"' || character == '\\') quoted += '\\';
    if (character == '\n') {
      quoted += "\\n";
    } else if (byte < 0x20) {
      std::array<char, 7> code{};
      std::snprintf(code.data(), code.size(), "\\u%04x", static_cast<unsigned>(byte));
      quoted += code.data();
    } else {
      quoted += character;
    }
  }
  return quoted + '"';
}

}  // namespace minitalk::verify

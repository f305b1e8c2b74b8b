// The answers as TAP, version 14 (https://testanything.org/tap-version-14-specification.html).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "verify/kernel/check.h"

namespace minitalk::verify {

// The version, the plan, and in comments which kernel is asked and with which seed.
std::string TapHead(std::size_t count, std::uint64_t seed);

// A test point; where the kernel is not as Linux, a YAML block with what Linux does, what was
// found, why it matters, and the program that shows it.
std::string TapPoint(std::size_t number, const fact& fact, const Outcome& outcome,
                     std::uint64_t seed);

// In double quotes, as both JSON and YAML read it.
std::string Quoted(std::string_view text);

}  // namespace minitalk::verify

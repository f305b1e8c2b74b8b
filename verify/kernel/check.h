// Asks facts of the kernel, each in a process of its own that is stopped should it hang.
#pragma once

#include <span>
#include <string>

#include "verify/kernel/facts/fact.h"

namespace minitalk::verify {

// All facts, in the order of facts.inc.
std::span<const fact* const> AllFacts();

// What became of the question.
enum class Answer : std::uint8_t { kAsLinux, kNotAsLinux, kCannotBeAsked };

// The answer, and what was found or why it cannot be asked, in the fact's own words.
struct Outcome {
  Answer answer;
  std::string found;
};

// Runs the fact in a process group of its own, of which nothing is left afterwards.
Outcome Ask(const fact& fact);

// Where this program has executed itself in the middle of a fact, goes on with it and does not
// return.
void GoOnAfterExec();

}  // namespace minitalk::verify

// A run for people: a column for each process, a line for each thing that happened.
#pragma once

#include <string>
#include <vector>

#include "pairs/explore/search.h"

namespace minitalk::explore {

// "takes USR1 just before pause()", without the process.
std::string Describe(const Event& event, const std::vector<std::string>& names);

// The whole table. At most so many lines of steps; what is left out in the middle is said.
std::string RenderTrace(const Run& run, std::size_t most_lines = 60);

}  // namespace minitalk::explore

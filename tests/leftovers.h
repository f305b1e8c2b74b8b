// What processes can leave behind by a name: message queues, shared memory, FIFOs.
#pragma once

#include <set>
#include <string>

namespace minitalk {

using Names = std::set<std::string>;

// Everything of the kind that is on this machine now.
Names NamedObjects();

// What was not in `before` and stays, a line each. Other tests run beside this one and have objects
// of their own, but those come and go.
std::string StaysSince(const Names& before);

}  // namespace minitalk
